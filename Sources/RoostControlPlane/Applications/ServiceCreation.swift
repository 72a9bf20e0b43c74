import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

/// Makes the documents of new services.
struct ServiceCreation: Sendable {
    let machine: KnownMachine
    let engines: Engines
    let key: HomeKey
    let settings: DaemonSettings
    let ports: CustomPorts

    /// Free ports, as many as the plan can need: per service two endpoints and a port at the router, and a pair per
    /// named port.
    func freePorts(for plan: PushPlan, besides allocations: Allocations) async throws(Problem) -> FreePorts {
        let named = plan.creations.map(\.settings) + plan.changed.map(\.settings)
        let pairs = named.reduce(0) { $0 + ($1.custom?.ports.count ?? 0) }
        let new = plan.creations.count
        guard new + pairs > 0 else { return FreePorts(ports: []) }
        return try await FreePorts.ask(
            machine, for: [(settings.ports, 3 * new + pairs), (settings.internalPorts, new + pairs)],
            besides: allocations.ports)
    }

    /// The documents of a new service, with ports and secrets of its own.
    func create(
        _ draft: ServiceDraft, engine: EngineIdentity, in application: ApplicationName,
        _ allocations: inout Allocations, _ free: FreePorts
    ) async throws(Problem) -> Service {
        let id = ServiceID(application, draft.name)
        guard let family = engines.known.family(named: engine.name) else {
            throw Problem(.engineNotFound, "there is no engine for \(draft.name)")
        }
        let endpoint = try allocations.takePort(from: settings.ports, isFree: free.contains)
        let readEndpoint = try allocations.takePort(from: settings.ports, isFree: free.contains)
        let member = ServiceStatus.Member(
            index: 0, host: "local", port: try allocations.takePort(from: settings.ports, isFree: free.contains),
            internalPort: try allocations.takePort(from: settings.internalPorts, isFree: free.contains),
            serverID: allocations.takeServerID())
        var service = Service(
            id: id, uid: Passwords.identifier(bytes: 8), type: draft.type, engine: engine, settings: draft.settings,
            endpoint: endpoint, readEndpoint: readEndpoint, instances: [member],
            credentials: Credentials(
                user: family.applicationUser, password: try key.sealed(Passwords.generate(), of: id, .password),
                administration: try key.sealed(Passwords.generate(), of: id, .administration)), createdAt: Date())
        if let custom = draft.settings.custom {
            let ports = try self.ports.assign(custom.ports, service, reserved: [], &allocations, free).ports
            service.spec.custom = CustomPlace(user: try await allocations.takeCustomUser(of: machine), ports: ports)
        }
        return service
    }
}
