import Crypto
import Foundation
import RoostControl
import RoostEngines
import RoostHost
import RoostModel

/// Engine, folders, control group and plan of the server that an order describes, on this machine.
struct ServerPlans: Sendable {
    let disk: HomeDisk
    let catalog: EngineCatalog
    let groups: ControlGroups
    let certificates: ServerCertificates
    /// The address under which clients reach exposed services.
    let publicHost: String

    private var paths: HomePaths { disk.paths }

    // MARK: Engine

    /// The engine and build that the service's server runs on. During an upgrade it is the new build once the
    /// snapshot before the upgrade is complete.
    func engine(for order: InstanceOrder) throws(HostFailure) -> (engine: any Engine, build: EngineBuild) {
        let identity = identity(for: order)
        let engine = try engine(named: identity)
        guard let build = catalog.successor(of: identity) else {
            let found = engine.builds().map { "\($0.identity)" }.joined(separator: ", ")
            throw HostFailure(
                "its engine \(identity) is not installed on this machine (found: \(found.isEmpty ? "none" : found)); "
                    + "install it again, see 'roost engine ls'")
        }
        return (engine, build)
    }

    /// The engine of this identity. Also known where the build itself is not on the machine.
    func engine(named identity: EngineIdentity) throws(HostFailure) -> any Engine {
        if let engine = catalog.engine(named: identity.name) { return engine }
        throw HostFailure("this version of Roost has no engine '\(identity.name)'", isPermanent: true)
    }

    func identity(for order: InstanceOrder) -> EngineIdentity {
        guard case .upgrade(let engine, _) = order.service.goal, upgradeState(order) == .imaged else {
            return order.service.engine
        }
        return engine
    }

    func upgradeState(_ order: InstanceOrder) -> InstanceObservation.Upgrade {
        guard case .upgrade(_, let keep) = order.service.goal else { return .notImaged }
        // The snapshot gets this name when it is complete.
        return FileManager.default.fileExists(atPath: paths.snapshot(order.service.id, keep).data)
            ? .imaged : .notImaged
    }

    // MARK: Server

    func folders(_ order: InstanceOrder) throws(HostFailure) -> ServerFolders {
        let instance = paths.instance(order.id)
        let run = try disk.naming("find a place for its socket") {
            try SocketFolder.path(home: paths.home, name: order.id.groupName)
        }
        return ServerFolders(
            data: instance.data, configuration: instance.configuration, run: run, logs: instance.logs)
    }

    func serverPlan(_ order: InstanceOrder) throws(HostFailure) -> ServerPlan {
        guard let instance = order.instance else { throw HostFailure("the service has no instance \(order.index)") }
        return ServerPlan(
            instance: order.id, settings: order.service.settings, folders: try folders(order),
            internalPort: instance.internalPort,
            // A template build has no route: its `port` is the port of its server.
            routerAddress: routerAddress(instance, order),
            serverID: instance.serverID, domainID: order.service.status.domain,
            applicationUser: order.service.credentials.user, applicationPassword: order.secrets.password,
            previousPassword: order.secrets.previousPassword, administrationPassword: order.secrets.administration,
            databases: databases(order.service),
            changeReaders: order.profile.isCopy ? [] : order.service.spec.changeReaders ?? [],
            certificate: try certificates.certificate(order),
            custom: order.service.custom, group: order.service.isGroup ? groupPlan(order) : nil,
            profile: order.profile)
    }

    private func routerAddress(_ member: ServiceStatus.Member, _ order: InstanceOrder) -> RouterAddress {
        RouterAddress(
            host: order.service.settings.expose == .network ? publicHost : "127.0.0.1", port: member.port)
    }

    func address(_ order: InstanceOrder) throws(HostFailure) -> ServerAddress {
        guard let instance = order.instance else { throw HostFailure("the service has no instance \(order.index)") }
        return ServerAddress(
            instance: order.id, data: paths.instance(order.id).data, socket: try folders(order).socket,
            port: instance.internalPort,
            administrationPassword: order.secrets.administration)
    }

    private func databases(_ service: Service) -> [String] {
        if let clone = service.clone { return clone.databases }
        let first = "\(service.id.service)"
        return [first] + service.settings.databases.filter { $0 != first }
    }

    private func groupPlan(_ order: InstanceOrder) -> GroupPlan {
        let passwords = order.service.status.currentReplicationPasswords
        func follower(_ index: Int, _ number: Int) -> GroupPlan.Follower {
            .init(
                index: index, number: number,
                password: MemberPassword.text(
                    index, order.service.status.uid(of: index), number, key: order.secrets.administration))
        }
        let source: PortNumber? = if case .replica(let source) = order.place { source } else { nil }
        return GroupPlan(
            followers: order.service.instances.flatMap { member in
                passwords.accepted.map { follower(member.index, $0) }
            }, own: follower(order.index, passwords.number(of: order.index)), source: source,
            delay: order.service.delay(of: order.index), peers: peers(order))
    }

    /// Only members that elect their primary have to know each other.
    private func peers(_ order: InstanceOrder) -> [GroupPlan.Peer] {
        guard catalog.engine(named: identity(for: order).name)?.family.electsItself ?? false else { return [] }
        return order.service.instances.map { member in
            .init(
                index: member.index, uid: order.service.status.uid(of: member.index),
                address: routerAddress(member, order), internalPort: member.internalPort, serverID: member.serverID)
        }
    }

    // MARK: Control group

    /// Nil where this machine gives roostd no control groups.
    func group(of id: InstanceID) throws(HostFailure) -> ControlGroup? {
        guard groups.areAvailable else { return nil }
        return try disk.naming("make its control group") { try groups.group(id.groupName) }
    }
}

/// Passwords of members are derived from Roost's own password, which every member has. No further secret has to be kept,
/// and no member's password reveals another's, or the one before it.
enum MemberPassword {
    /// `number`: how often the passwords were changed. `key`: Roost's own password.
    static func text(_ index: Int, _ uid: String, _ number: Int, key: String) -> String {
        let name = "replica \(index) \(uid)" + (number == 0 ? "" : " \(number)")
        return HMAC<SHA256>.authenticationCode(
            for: Data(name.utf8), using: SymmetricKey(data: Data(key.utf8))
        ).hexadecimal
    }
}

extension InstanceID {
    /// `ramen.data.0`: names the instance's control group and run folder.
    var groupName: String { "\(service.application).\(name)" }
}

extension InstanceOrder {
    /// The system user that the server runs as: the custom service's or the clone's own, else the application's. Nil
    /// where roostd is not root and every server runs as the caller.
    var user: ServerUser? {
        Machine.isRoot ? service.custom?.user ?? service.clone?.user ?? application.user : nil
    }
}
