import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import ServiceLifecycle
import Synchronization

/// What the agents of instances work with.
package struct AgentParts: Sendable {
    let host: any InstanceHost
    let planner: InstancePlanner
    /// Opens what was sealed for the agent.
    let key: @Sendable () throws(Problem) -> HomeKey
    let logger: Logger
    /// How long an answer may take before a request is sent again.
    var patience: Duration = .seconds(2)
    let exits = ExitNotes()
}

/// What goes on at an agent beside its instances.
package struct AgentBoards: Sendable {
    let jobs = JobBoard()
    let uploads = UploadBoard()
    let logs = LogBoard()
}

/// The agent of the machine that it runs on: looks after every instance that it was given, each by itself.
package final class HostAgent: Agent, ServiceLifecycle.Service {
    private let parts: AgentParts
    private let agents = Mutex<[InstanceID: InstanceAgent]>([:])
    private let births: AsyncStream<InstanceAgent>
    private let birth: AsyncStream<InstanceAgent>.Continuation
    package let statuses: AsyncStream<InstanceStatus>
    private let status: AsyncStream<InstanceStatus>.Continuation
    private let boards: AgentBoards
    let calls: CallTable

    /// `more`: what the agent answers besides questions about instances.
    package init(parts: AgentParts, answering more: (inout CallTable, AgentBoards) -> Void = { _, _ in }) {
        self.parts = parts
        let boards = AgentBoards()
        var calls = CallTable()
        calls.onJobs(of: boards.jobs)
        calls.onUploads(of: boards.uploads)
        calls.onInstances(parts, boards.jobs)
        more(&calls, boards)
        (self.boards, self.calls) = (boards, calls)
        (births, birth) = AsyncStream.makeStream()
        (statuses, status) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(AgentLoopback.held))
    }

    package func apply(_ spec: InstanceSpec) {
        let born = agents.withLock { agents -> InstanceAgent? in
            // One that was dropped, or of another service, goes on to its end, and the next begins behind it.
            if let agent = agents[spec.id], agent.take(spec) { return nil }
            let agent = InstanceAgent(spec, parts, after: agents[spec.id]) { [status] in status.yield($0) }
            agents[spec.id] = agent
            return agent
        }
        if let born { birth.yield(born) }
    }

    package func drop(_ id: InstanceID, of uid: String) {
        agents.withLock { agents in
            if let agent = agents[id], agent.uid == uid { agent.drop() }
        }
    }

    package func answer(_ request: Data) async throws(AgentSilence) -> Data { await calls.answer(request) }

    /// Ends the jobs that run, and returns when none does.
    package func stop() async { await boards.jobs.stop() }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await exit in self.parts.host.exits.cancelOnGracefulShutdown() {
                    self.parts.exits.add(exit)
                    self.agents.withLock { $0[exit.instance] }?.noteEnd()
                }
            }
            for await agent in births.cancelOnGracefulShutdown() {
                group.addTask {
                    await agent.run()
                    self.agents.withLock { if $0[agent.id] === agent { $0[agent.id] = nil } }
                }
            }
            // The databases go on; only the looking after them ends.
            group.cancelAll()
        }
    }
}

/// How servers ended, kept until somebody asks.
package final class ExitNotes: Sendable {
    private let notes = Mutex<[InstanceID: (pid: Int32, how: String)]>([:])

    func add(_ exit: InstanceExit) {
        notes.withLock { $0[exit.instance] = (exit.pid, exit.how) }
    }

    func take(_ instance: InstanceID, pid: Int32) -> String? {
        notes.withLock { notes in
            guard let note = notes[instance], note.pid == pid else { return nil }
            notes[instance] = nil
            return note.how
        }
    }
}
