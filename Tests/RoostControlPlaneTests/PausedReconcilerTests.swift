import Foundation
import RoostControl
import RoostModel
import Synchronization
import Testing

@testable import RoostControlPlane

/// A paused service with its reconciler and its agent.
@Suite(.timeLimit(.minutes(2))) struct PausedReconcilerTests {
    @Test func aServerThatDiesStaysDownUntilTheServiceIsResumed() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            // The new generation shows when the agent has the spec.
            try await world.change { $0.pause = .init(until: Date(timeIntervalSinceNow: 3600)) }
            try await world.settle(2)
            world.host.crash(world.instance)
            let status = try await world.status { $0.instances[0]?.convergence == .blocked }
            #expect(status.instances[0]?.state == .down)
            #expect(status.instances[0]?.problem?.contains("'roost resume data' ends the pause") == true, "\(status)")
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
            try await world.parts.records.updateSpec(world.id) { service in
                var spec = service.spec
                spec.pause = nil
                return spec
            }
            world.reconciler.wake()
            try await world.until { $0.done == ["makeDirectory", "start", "open", "start", "open"] }
        }
    }

    /// Looks are an hour apart: only the end of the pause leads to one.
    @Test func aServerThatDiesIsStartedWhenThePauseIsOver() async throws {
        try await withReconciler(probeInterval: .seconds(3600)) { world in
            try await world.settle(1)
            let end = Date(timeIntervalSinceNow: 1)
            try await world.change { $0.pause = .init(until: end) }
            try await world.settle(2)
            world.host.crash(world.instance)
            try await world.until { $0.done.count { $0 == "start" } == 2 }
            #expect(Date() >= end)
        }
    }

    @Test func driftIsNotRepaired() async throws {
        try await withReconciler(probeInterval: .milliseconds(5)) { world in
            try await world.settle(1)
            try await world.change { $0.pause = .init(until: Date(timeIntervalSinceNow: 3600)) }
            try await world.settle(2)
            world.host.machine.withLock { $0.drift = [AccountDrift(.rights, "'eve' has administrative rights")] }
            let status = try await world.status { $0.instances[0]?.problem != nil }
            #expect(status.instances[0]?.problem?.contains("it is not repaired: the service is paused") == true)
            #expect(!world.host.machine.withLock { $0.done.contains("mendAccounts") })
        }
    }
}
