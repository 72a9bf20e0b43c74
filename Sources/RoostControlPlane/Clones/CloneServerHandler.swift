import RoostAgentProtocol
import RoostControl
import RoostModel

/// Carries out the API's calls that a clone answers as a service does.
struct CloneServerHandler: CloneServersAPI {
    let clones: Clones
    let services: ServiceRegistry
    let snapshots: SnapshotRequests
    let restores: RestoreRequests
    let offers: ClientOffers
    let events: EventLog
    private var agent: any Agent { clones.machine.agent }

    func restart(_ name: CloneName) async throws(Problem) -> OperationInfo {
        let id = try await clones.find(name).value.id
        let operation = try await services.requestChange("restart", for: id) { spec, _ in
            spec.restartGeneration = spec.generation
        }
        await events.add("restart_requested", "a restart of clone \(name) was requested")
        return operation
    }

    func logs(
        of name: CloneName, lines: Int, follow: Bool
    ) async throws(Problem) -> AsyncStream<String> {
        let id = try await clones.find(name).value.id
        return try await agent.log(of: InstanceID(id, 0), lines: min(max(lines, 0), 100_000), follow: follow)
    }

    func takeSnapshot(
        of name: CloneName, _ request: SnapshotRequest
    ) async throws(Problem) -> OperationInfo {
        try await snapshots.take(of: try await clones.find(name).value, named: "\(name)", request)
    }

    func restore(
        _ name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        let service = try await clones.find(name).value
        guard let record = try await agent.call(FindSnapshot(service.id, snapshot)).record else {
            throw Problem(
                .snapshotNotFound, "clone '\(name)' has no snapshot '\(snapshot)'", next: ["roost snapshot ls"])
        }
        return try await restores.restoreInPlace(service, named: "\(name)", record, request)
    }

    func environment(of name: CloneName) async throws(Problem) -> EnvironmentInfo {
        let service = try await clones.find(name).value
        let connection = try offers.files.connection(service)
        let variables = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        return EnvironmentInfo(variables: Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    }

    func client(
        for name: CloneName, _ request: ClientOfferRequest
    ) async throws(Problem) -> ClientOffer {
        let service = try await clones.find(name).value
        let order = try SealedOrder.of(service, in: try await clones.application())
        return try await offers.offer(order, request)
    }
}
