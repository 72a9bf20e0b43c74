import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

/// Port numbers given to new ports before their service's document has them.
typealias ReservedPorts = [ServiceName: [ServicePort]]

/// Ports of custom services, as many as their build files name.
struct CustomPorts: Sendable {
    let records: Records
    let machine: KnownMachine
    let settings: DaemonSettings
    let logger: Logger

    /// Reserves numbers for new ports: the postinstall must know them, and the document gets them only once it has
    /// succeeded.
    func reserve(_ release: CustomRelease, _ standing: Service) async throws(Problem) -> [ServicePort] {
        try await records.again { () async throws(Problem) in
            let found = try await records.allocations()
            var allocations = found.value
            let free = try await FreePorts.ask(
                machine,
                for: [
                    (settings.ports, release.custom.ports.count), (settings.internalPorts, release.custom.ports.count),
                ], besides: allocations.ports)
            let ports = try assign(release.custom.ports, standing, reserved: [], &allocations, free).ports
            if allocations != found.value {
                try await records.commit([
                    Records.put(allocations, at: Allocations.key, expecting: found.revision)
                ])
            }
            return ports
        }
    }

    /// Gives back, after a failure, the numbers that no document has.
    func giveBack(_ reserved: ReservedPorts, _ name: ApplicationName) async {
        guard !reserved.isEmpty else { return }
        do throws(Problem) { try await release(reserved, name) } catch {
            // The first failure is the one to report; these numbers are free again after a `roost recover`.
            logger.warning("Ports could not be released", metadata: ["reason": "\(error.message)"])
        }
    }

    private func release(_ reserved: ReservedPorts, _ name: ApplicationName) async throws(Problem) {
        try await records.again { () async throws(Problem) in
            let found = try await records.allocations()
            var allocations = found.value
            let standing = Set(
                try await records.services(of: name).flatMap { service in
                    [service.value.endpoint] + service.value.instances.map(\.internalPort)
                        + (service.value.custom?.ports ?? []).flatMap { [$0.endpoint, $0.internalPort] }
                })
            let numbers = reserved.values.joined().flatMap { [$0.endpoint, $0.internalPort] }
            allocations.ports.subtract(numbers.filter { !standing.contains($0) })
            guard allocations != found.value else { return }
            try await records.commit([Records.put(allocations, at: Allocations.key, expecting: found.revision)])
        }
    }

    /// The numbers of the wanted ports: existing and reserved ports keep theirs, and new ones are taken.
    func assign(
        _ wanted: [CustomSettings.Port], _ service: Service, reserved: [ServicePort],
        _ allocations: inout Allocations, _ free: FreePorts
    ) throws(Problem) -> ServicePorts {
        let main = service.primary?.internalPort ?? service.endpoint
        return try ServicePorts.assign(
            wanted, standing: service.custom?.ports ?? [], main: (service.endpoint, main)
        ) { name throws(Problem) in
            if let known = reserved.first(where: { $0.name == name }) { return (known.endpoint, known.internalPort) }
            return (
                try allocations.takePort(from: settings.ports, isFree: free.contains),
                try allocations.takePort(from: settings.internalPorts, isFree: free.contains)
            )
        }
    }
}
