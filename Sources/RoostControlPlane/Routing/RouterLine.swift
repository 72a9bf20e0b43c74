import Foundation
import RoostAgentProtocol
import RoostModel
import Synchronization

/// The control plane's end of a connection to a machine's router. The machine's agent holds the connection itself.
final class RouterLine: Sendable {
    private let agent: any Agent
    private let id: String
    private let closed = Atomic(false)

    private init(agent: any Agent, id: String) {
        self.agent = agent
        self.id = id
    }

    /// Connects, and returns the router's hello; `started` is the process id of a router that was started for it.
    static func open(
        _ agent: any Agent
    ) async throws(Problem) -> (line: RouterLine, started: Int32?, hello: RouterReply) {
        let id = UUID().uuidString
        let answer = try await agent.call(ReachRouter(connection: id))
        return (RouterLine(agent: agent, id: id), answer.started, answer.reply)
    }

    func send(_ request: RouterRequest) async throws(Problem) -> RouterReply {
        try await agent.call(AskRouter(connection: id, request))
    }

    /// False once `follow` has noticed the end of the connection.
    var isOpen: Bool { !closed.load(ordering: .acquiring) }

    /// Returns when the connection is closed. Closes it if the task is cancelled.
    func follow() async {
        // A failure of the job counts as the end of the connection: the next one tells more.
        _ = try? await agent.run(FollowRouter(connection: id))
        closed.store(true, ordering: .releasing)
    }
}
