import Foundation
import Logging
import RoostAgentProtocol
import RoostModel

/// Adds and removes engine releases: one change per family at a time, each addition a journaled operation.
package actor EngineInstallations {
    private let agent: any Agent
    private let operations: Operations
    private let events: EventLog
    private let logger: Logger
    private var isStopped = false
    /// The command that holds a family, by the family's name.
    private var busy: [String: String] = [:]
    private var tasks: [String: Task<Void, Never>] = [:]

    package init(agent: any Agent, operations: Operations, events: EventLog, logger: Logger) {
        self.agent = agent
        self.operations = operations
        self.events = events
        self.logger = logger
    }

    /// Starts to add a release, and returns the operation that reports on it. `port`: for the trial server.
    func add(_ request: EngineRequest, port: PortNumber) async throws(Problem) -> OperationInfo {
        let families = try await agent.call(CheckEngineRequest(request))
        guard !isStopped else { throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
        try refuseBusy(families)
        for family in families { busy[family] = "engine add \(request.type)" }
        let operation: OperationInfo
        do throws(Problem) {
            operation = try await operations.begin(
                "engine_add",
                interruption: "roostd stopped before the build was added, and kept nothing of it; add it again")
        } catch {
            release(families)
            throw error
        }
        // The task is cancelled and awaited by `stop`.
        let task = Task {
            await operations.perform(operation.id, unregister: { release(families) }) {
                await carryOut(AddEngine(request, port: port, work: operation.id), operation.id)
            }
            tasks[operation.id] = nil
        }
        tasks[operation.id] = task
        await operations.letCancel(operation.id) { task.cancel() }
        return operation
    }

    private func carryOut(_ job: AddEngine, _ id: String) async -> Operations.Outcome {
        do throws(Problem) {
            let operations = operations
            let build = try await agent.run(job, id: id) { await operations.tell($0, on: id) }
            await events.add("engine_added", "\(build.engine) is installed, \(build.origin)")
            return .done(result: "\(build.engine)")
        } catch {
            return .failed(error.message)
        }
    }

    /// Removes an added release from the machine. `isUsed` is asked again once no new service can choose the release.
    func remove(
        _ engine: EngineIdentity, isUsed: () async throws(Problem) -> Problem?
    ) async throws(Problem) {
        try refuseBusy([engine.name])
        busy[engine.name] = "engine rm \(engine)"
        defer { release([engine.name]) }
        let place = try await agent.call(SetEngineAside(engine))
        var refusal: Problem?
        do throws(Problem) { refusal = try await isUsed() } catch { refusal = error }
        if let refusal {
            _ = try await agent.call(BringEngineBack(engine, from: place))
            throw refusal
        }
        _ = try await agent.run(DeleteEngine(engine, at: place))
        await events.add("engine_removed", "\(engine) was removed")
    }

    /// Cancels all additions, and returns when none is running any more.
    package func stop() async {
        isStopped = true
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    private func refuseBusy(_ families: [String]) throws(Problem) {
        guard let holder = families.lazy.compactMap({ self.busy[$0] }).first else { return }
        throw Problem(
            .conflict, "'\(holder)' is still running; only one can run at a time",
            next: ["roost events --all -f  # shows when it has ended"])
    }

    private func release(_ families: [String]) {
        for family in families { busy[family] = nil }
    }
}
