import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import ServiceLifecycle
import Synchronization

/// Dependencies of the agents of instances.
package struct AgentParts: Sendable {
    let host: any InstanceHost
    let planner: InstancePlanner
    /// The key that opens what was sealed for the agent.
    let key: @Sendable () throws(Problem) -> HomeKey
    let logger: Logger
    /// Time after which a request without an answer is sent again.
    var patience: Duration = .seconds(2)
    let exits = ExitNotes()
}

/// The jobs, uploads and open logs of an agent.
package struct AgentBoards: Sendable {
    let jobs = JobBoard()
    let uploads = UploadBoard()
    let logs = LogBoard()
}

/// The agent of the machine that it runs on. Each instance that it was given has an agent of its own.
package final class HostAgent: Agent, ServiceLifecycle.Service {
    private let parts: AgentParts
    private let agents = Mutex<[InstanceID: InstanceAgent]>([:])
    private let births: AsyncStream<InstanceAgent>
    private let birth: AsyncStream<InstanceAgent>.Continuation
    package let statuses: AsyncStream<InstanceStatus>
    private let status: AsyncStream<InstanceStatus>.Continuation
    private let boards: AgentBoards
    let calls: CallTable

    /// `more`: registers answers to calls besides those about instances.
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
            // An agent that was dropped, or is of an earlier instance, runs to its end; the next begins after it.
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

    /// Cancels the jobs that run, and returns when none does.
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
            // The databases go on; only their agents end.
            group.cancelAll()
        }
    }
}

/// How servers ended. Each note is kept until it is taken.
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
