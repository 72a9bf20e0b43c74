import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import Synchronization

@testable import RoostAgent
@testable import RoostControlPlane

/// A way to an agent that loses, doubles and delays messages in both directions, as drawn from a seed.
struct UnreliableAgent: Agent {
    private let agent: any Agent
    private let chance: Chance
    let statuses: AsyncStream<InstanceStatus>

    init(to agent: any Agent, seed: UInt64) {
        self.agent = agent
        let chance = Chance(seed: seed)
        self.chance = chance
        let told = agent.statuses
        statuses = AsyncStream { continuation in
            let pump = Task {
                for await status in told { Self.pass(chance) { continuation.yield(status) } }
                continuation.finish()
            }
            continuation.onTermination = { _ in pump.cancel() }
        }
    }

    func apply(_ spec: InstanceSpec) {
        Self.pass(chance) { agent.apply(spec) }
    }

    func drop(_ id: InstanceID, of uid: String) {
        Self.pass(chance) { agent.drop(id, of: uid) }
    }

    /// A third of the calls fails: some requests are lost before the agent, others lose only the answer.
    func answer(_ request: Data) async throws(AgentSilence) -> Data {
        let copies = chance.copies()
        if copies == 0, chance.isLate() { throw AgentSilence("lost") }
        if copies == 2 { _ = try await agent.answer(request) }
        let answer = try await agent.answer(request)
        if copies == 0 { throw AgentSilence("the answer was lost") }
        return answer
    }

    private static func pass(_ chance: Chance, _ deliver: @escaping @Sendable () -> Void) {
        for _ in 0..<chance.copies() {
            guard chance.isLate() else {
                deliver()
                continue
            }
            Task {  // Behind others that were sent later.
                for _ in 0..<chance.yields() { await Task.yield() }
                deliver()
            }
        }
    }
}

/// Draws from a seed. The order in which tasks draw is the scheduler's.
final class Chance: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) { state = Mutex(seed &* 0x9E37_79B9_7F4A_7C15 | 1) }

    private func draw(_ bound: UInt64) -> UInt64 {
        state.withLock { state in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
    }

    /// A third is lost, a sixth comes twice.
    func copies() -> Int { [0, 0, 1, 1, 1, 2][Int(draw(6))] }
    func isLate() -> Bool { draw(3) == 0 }
    func yields() -> Int { Int(draw(50)) }
}
