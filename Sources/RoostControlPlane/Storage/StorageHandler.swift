import Foundation
import RoostAgentProtocol
import RoostModel

/// Carries out the API's calls on storage and the pool.
struct StorageHandler: StorageAPI {
    let services: ServiceRegistry
    let machine: KnownMachine
    let operations: Operations
    let events: EventLog
    let background: Background
    private var agent: any Agent { machine.agent }

    func describe() async throws(Problem) -> StorageInfo { try await agent.run(DescribeStorage()) }

    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        let size = try poolSize(request)
        let path = machine.facts.poolPath
        guard try await agent.call(LookAtPool()) == .none else {
            throw Problem(
                .exists, "this home already has a pool, at \(path)", next: ["roost storage grow --size 40G"])
        }
        return try await inBackground("storage_init", "create the pool", MakePool(size: size)) { [events] in
            await events.add("pool_made", "a pool of \(size) was created at \(path)")
        }
    }

    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        let size = try poolSize(request)
        guard try await agent.call(LookAtPool()) == .mounted else {
            throw Problem(.notFound, "this home has no pool", next: ["roost storage init --size 20G"])
        }
        return try await inBackground("storage_grow", "grow the pool", GrowPool(size: size)) { [events] in
            await events.add("pool_grown", "the pool was grown to \(size)")
        }
    }

    private func poolSize(_ request: PoolRequest) throws(Problem) -> ByteCount {
        if let size = ByteCount(request.size) { return size }
        throw Problem(.usage, "invalid size '\(request.size)': use, for example, 20G")
    }

    /// Runs a job of the agent as an operation. The next attempt undoes the rest of an interrupted one.
    private func inBackground(
        _ kind: String, _ step: String, _ job: some AgentJob, done: @escaping @Sendable () async -> Void
    ) async throws(Problem) -> OperationInfo {
        let operation = try await operations.begin(
            kind, interruption: "roostd stopped before it was done; the next attempt cleans up what was left")
        background.add { [operations, agent] in
            await operations.perform(operation.id) {
                let began = ContinuousClock.now
                await operations.begin(step, on: operation.id)
                do throws(Problem) {
                    _ = try await agent.run(job)
                    await operations.note(step, took: began.duration(to: .now), on: operation.id)
                    await done()
                    return .done(result: nil)
                } catch {
                    return .failed(error.message)
                }
            }
        }
        return operation
    }

    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo {
        let service = try await services.records.findService(id).value
        guard try await agent.call(LookAtPool()) == .mounted else {
            throw Problem(.notFound, "this home has no pool", next: ["roost storage init --size 20G"])
        }
        guard service.custom == nil else {
            throw Problem(
                .usage, "'\(id.service)' is a custom service, which was built for its current path",
                next: ["roost destroy \(id.service)  # then push: the new one is created in the pool"])
        }
        try refuseWhilePaused(service)
        let instances = service.instances.map { InstanceID(id, $0.index) }
        guard try await agent.call(FindInstances(instances)).contains(where: { !$0.isInPool }) else {
            throw Problem(.exists, "'\(id.service)' is already in the pool", next: ["roost storage info"])
        }
        try requireConfirmation(
            confirm, name: "\(id.service)",
            "moving '\(id.service)' stops it while its data is copied; its clients wait at the router",
            command: "roost storage move \(id.service) --yes")
        // Checked now, while the service still serves.
        _ = try await agent.call(CheckMove(of: instances))
        try services.refuseLostFiles(try await services.records.findService(id).value, to: "moved")
        let operation = try await services.requestChange("storage_move", for: id) { spec, _ in spec.ask(for: .move) }
        await events.add("move_started", "moving \(id.service) into the pool", service: id)
        return operation
    }
}
