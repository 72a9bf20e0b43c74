import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import Synchronization

/// An agent that counts what it is sent. A spec that is sent again, because its answer is late, counts once.
final class CountedAgent: Agent {
    final class Counts: Sendable {
        private struct Sent {
            var calls = 0
            /// Revisions of the specs.
            var specs: Set<Int64> = []
            /// The newest revision at the last reset.
            var before: Int64 = 0
        }
        private let sent = Mutex(Sent())

        var specs: Int { sent.withLock { sent in sent.specs.count { $0 > sent.before } } }
        var calls: Int { sent.withLock { $0.calls } }

        func reset() { sent.withLock { $0 = Sent(before: $0.specs.max() ?? $0.before) } }
        func count(_ spec: InstanceSpec) { sent.withLock { _ = $0.specs.insert(spec.revision) } }
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
        counts.count(spec)
        agent.apply(spec)
    }

    func drop(_ id: InstanceID, of uid: String) { agent.drop(id, of: uid) }

    func answer(_ request: Data) async throws(AgentSilence) -> Data {
        counts.countCall()
        return try await agent.answer(request)
    }
}
