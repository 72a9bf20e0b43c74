import RoostAgentProtocol
import RoostModel

/// The unique resources of a home: ports, server ids and system users. One document, changed by compare-and-set in
/// the same commit as the service that gets them, so that two pushes at once never get the same port.
package struct Allocations: Codable, Equatable, Sendable {
    static let key = "\(Records.Kind.allocations.prefix)all"

    package var ports: Set<PortNumber> = []
    package var nextServerID: UInt32 = 1
    /// Names of system users.
    package var users: Set<String> = []

    // Snake case must read back what it wrote, as in `ServiceStatus.Member`.
    private enum CodingKeys: String, CodingKey {
        case ports
        case nextServerID = "nextServerId"
        case users
    }

    package init() {}

    /// Takes the first free port of the range. `isFree`: whether nothing on the machine listens on a port.
    mutating func takePort(
        from range: PortRange, isFree: (PortNumber) -> Bool
    ) throws(Problem) -> PortNumber {
        guard let port = range.ports.first(where: { !ports.contains($0) && isFree($0) }) else {
            throw Problem(
                .noPort, "no port of \(range) is free",
                next: [
                    "start roostd with a wider --ports or --internal-ports", "or destroy services that are not used",
                ])
        }
        ports.insert(port)
        return port
    }

    mutating func takeServerID() -> UInt32 {
        defer { nextServerID += 1 }
        return nextServerID
    }

    /// Takes a user that neither this home nor another home on the machine has. The agent enters it into the
    /// machine's register.
    mutating func takeUser(of machine: KnownMachine) async throws(Problem) -> ServerUser {
        try take(try await machine.agent.call(ClaimUser(besides: users)))
    }

    /// A user that runs only this service. If roostd is not root, everything runs as the caller.
    mutating func takeCustomUser(of machine: KnownMachine) async throws(Problem) -> ServerUser {
        if let caller = machine.facts.onlyUser { return caller }
        return try await takeUser(of: machine)
    }

    /// Takes the user that the agent's answer grants, or throws the reason for none. Pure.
    mutating func take(_ claim: ClaimUser.Answer) throws(Problem) -> ServerUser {
        switch claim {
        case .ours(let user):
            users.insert(user.name)
            return user
        case .unknown(let reason):
            throw Problem(
                .noUser, "cannot determine which system users belong to other homes on this machine: \(reason)",
                next: ["make the register readable and writable for root, or move it away, then try again"])
        case .allTaken(let count, let others):
            let elsewhere = others.isEmpty ? "" : " (some by \(others.joined(separator: ", ")))"
            throw Problem(
                .noUser, "all \(count) system users for servers are taken\(elsewhere); each application needs its own",
                next: [
                    "roost destroy -A NAME  # an application that is no longer needed",
                    "or destroy one in another home",
                ])
        case .taken(let home): throw Problem(.noUser, "the system user now belongs to the home \(home)")
        case .notOffered: throw Problem(.noUser, "servers can no longer run as this system user")
        }
    }

    /// Gives back the ports, and the user of a custom service.
    mutating func release(_ service: Service) {
        ports.subtract([service.endpoint, service.readEndpoint])
        for instance in service.instances { ports.subtract([instance.port, instance.internalPort]) }
        for port in service.custom?.ports ?? [] { ports.subtract([port.endpoint, port.internalPort]) }
        if let user = service.custom?.user { users.remove(user.name) }
    }
}

extension Records {
    func allocations() async throws(Problem) -> Versioned<Allocations> {
        try await get(at: Allocations.key) ?? Versioned(Allocations(), revision: 0)
    }

    /// Whether no application but `ending`, no clone but `service` and no template version has this system user.
    func isUnused(
        _ user: ServerUser, besides service: ServiceID?, ending: ApplicationName? = nil
    ) async throws(Problem) -> Bool {
        let owners = try await applications().filter { $0.value.name != ending && $0.value.user == user }
        let clones = try await services(of: .clones).filter {
            $0.value.id != service && $0.value.clone?.user == user
        }
        let made = try await templates().filter { $0.value.version?.user == user }
        return owners.isEmpty && clones.isEmpty && made.isEmpty
    }

    /// Snapshots that must be kept: a service's goal or a clone's origin names them.
    func snapshotsInUse() async throws(Problem) -> Set<String> {
        Set(
            try await services().flatMap { found -> [String] in
                if case .snapshot(_, let id) = found.value.clone?.origin { return [id] }
                return found.value.goal.snapshots
            })
    }
}
