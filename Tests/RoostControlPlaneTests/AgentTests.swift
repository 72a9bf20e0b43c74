import RoostControl
import RoostModel
import Synchronization
import Testing

@testable import RoostAgent
@testable import RoostControlPlane

/// A service is brought through its life although messages to and from its agent are lost, doubled and late.
@Suite(.timeLimit(.minutes(5))) struct AgentTests {
    @Test(arguments: 1...40) func aLifeOverAWayThatLosesMessages(seed: UInt64) async throws {
        try await withReconciler(
            way: { UnreliableAgent(to: $0, seed: seed) },
            running: { world in
                // The reconcilers end with the test's task.
                try? await Reconcilers(parts: world.parts).run()
            }
        ) { world in
            try await world.settle(1)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
            try await world.change { $0.restartGeneration = $0.generation }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done.suffix(3) } == ["stop", "start", "open"])
            try await world.change { $0.ask(for: .restore(snapshot: "old", keep: "kept")) }
            try await world.settle(3)
            world.host.crash(world.instance)
            try await world.until { $0.isOpen }
            let next = try #require(EngineIdentity("mariadb@11.4.2"))
            try await world.change { $0.ask(for: .upgrade(to: next, keep: "before")) }
            try await world.settle(4)
            let machine = world.host.machine.withLock { $0 }
            #expect(machine.kept == ["kept", "before"])
            #expect(try await world.service()?.engine == next)
            let notes = await world.parts.events.newest(50, application: nil)
            #expect(notes.filter { $0.kind == "instance_exited" }.map(\.count) == [1])
            #expect(notes.filter { $0.kind == "upgraded" }.map(\.count) == [1])
            try await world.change { $0.deletion = ServiceSpec.Deletion(keep: "last") }
            try await world.forgotten()
            #expect(world.host.machine.withLock { $0.kept } == ["kept", "before", "last"])
            #expect(try await world.service() == nil)
        }
    }
}
