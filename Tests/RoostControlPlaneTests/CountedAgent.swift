import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import Synchronization

/// An agent that counts what it is sent.
final class CountedAgent: Agent {
    final class Counts: Sendable {
        private let sent = Mutex((specs: 0, calls: 0))

        var specs: Int { sent.withLock { $0.specs } }
        var calls: Int { sent.withLock { $0.calls } }

        func reset() { sent.withLock { $0 = (0, 0) } }
        func countSpec() { sent.withLock { $0.specs += 1 } }
        func countCall() { sent.withLock { $0.calls += 1 } }
    }

    private let agent: any Agent
    private let counts: Counts

    init(_ agent: any Agent, _ counts: Counts) {
        self.agent = agent
        self.counts = counts
    }

    var statuses: AsyncStream<InstanceStatus> { agent.statuses }

    func apply(_ spec: InstanceSpec) {
        counts.countSpec()
        agent.apply(spec)
    }

    func drop(_ id: InstanceID, of uid: String) { agent.drop(id, of: uid) }

    func answer(_ request: Data) async throws(AgentSilence) -> Data {
        counts.countCall()
        return try await agent.answer(request)
    }
}
