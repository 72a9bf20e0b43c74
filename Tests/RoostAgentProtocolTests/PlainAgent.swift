import Foundation
import RoostControl
import RoostModel
import Synchronization

@testable import RoostAgentProtocol

/// An agent that answers calls alone. The connection to it can lose every so many calls, before or after they were
/// carried out, and can carry each call twice.
final class PlainAgent: Agent {
    let statuses = AsyncStream<InstanceStatus> { $0.finish() }
    private let calls: CallTable
    private let count = Mutex(0)
    /// The number of calls of which one is lost; 0: no call is lost.
    private let lossEvery: Int
    private let isDoubling: Bool

    init(lossEvery: Int = 0, isDoubling: Bool = false, _ fill: (inout CallTable) -> Void) {
        var calls = CallTable()
        fill(&calls)
        self.calls = calls
        self.lossEvery = lossEvery
        self.isDoubling = isDoubling
    }

    func apply(_ spec: InstanceSpec) {}
    func drop(_ id: InstanceID, of uid: String) {}

    func answer(_ request: Data) async throws(AgentSilence) -> Data {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let isLost = lossEvery > 0 && number.isMultiple(of: lossEvery)
        // Half of the lost calls had arrived.
        if isLost, (number / lossEvery).isMultiple(of: 2) { throw AgentSilence("lost on its way") }
        if isDoubling { _ = await calls.answer(request) }
        let answer = await calls.answer(request)
        if isLost { throw AgentSilence("the answer was lost") }
        return answer
    }
}
