import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import Synchronization
import Testing

@testable import RoostAgent
@testable import RoostControlPlane

/// Messages between control plane and agent are bytes without any secret.
@Suite(.timeLimit(.minutes(2))) struct SealedWayTests {
    /// Records all messages that pass.
    private struct NotingAgent: Agent {
        let agent: any Agent
        let noted: NotedBytes
        var statuses: AsyncStream<InstanceStatus> { agent.statuses }

        func apply(_ spec: InstanceSpec) {
            noted.add((try? JSON.encode(spec)) ?? Data())
            agent.apply(spec)
        }
        func drop(_ id: InstanceID, of uid: String) { agent.drop(id, of: uid) }
        func answer(_ request: Data) async throws(AgentSilence) -> Data {
            let answer = try await agent.answer(request)
            noted.add(request + answer)
            return answer
        }
    }

    private final class NotedBytes: Sendable {
        let text = Mutex("")
        func add(_ data: Data) { text.withLock { $0 += String(decoding: data, as: UTF8.self) } }
    }

    @Test func noSecretPassesInTheClear() async throws {
        let noted = NotedBytes()
        try await withReconciler(
            password: "s3cret-of-ramen", way: { NotingAgent(agent: $0, noted: noted) }, isLossy: false
        ) { world in
            try await world.settle(1)
            // The machine in memory tells the password that its server was given.
            #expect(world.host.machine.withLock { $0.applied?.accounts } == "s3cret-of-ramen")
            _ = try await world.parts.snapshots.take(world.id, as: "s1", SnapshotTerms(reason: SnapshotRecord.manual))
            try await ServerLogs(parts: world.parts).trim()
            #expect(world.host.machine.withLock { $0.done }.contains("trimLogs"))
        }
        let text = noted.text.withLock { $0 }
        #expect(text.contains("snapshot") && text.contains("trim logs") && text.contains("max_pause"))
        #expect(!text.contains("s3cret-of-ramen"))
    }

    /// A snapshot that is requested over a way that loses and doubles messages is taken once.
    @Test(arguments: 1...10) func aSnapshotIsTakenOnceHoweverItIsAskedFor(seed: UInt64) async throws {
        try await withReconciler(
            way: { UnreliableAgent(to: $0, seed: seed) },
            running: { world in
                // The reconcilers end with the test's task.
                try? await Reconcilers(parts: world.parts).run()
            }
        ) { world in
            try await world.settle(1)
            let taken = try await world.parts.snapshots.take(
                world.id, as: "s1", SnapshotTerms(reason: SnapshotRecord.manual))
            #expect(taken.id == "s1")
            #expect(world.host.machine.withLock { $0.kept } == ["s1"])
        }
    }
}
