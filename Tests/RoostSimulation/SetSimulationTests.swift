import Foundation
import RoostControl
import RoostModel
import Testing

/// Groups of an engine that elects its primary, in a world without other faults than the one of the test. Storms are
/// part of `SimulationTests`.
@Suite struct SetSimulationTests {
    private static func settled(_ seed: UInt64, members: Int = 3) -> World {
        var world = World(seed: seed, members: members, engine: .elections)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil && $0.written > 5 }, "\(world.unsettled ?? "") \(world.broken)")
        return world
    }

    /// A member that a majority has elected is asked for an election at once, and has all acknowledged writes.
    @Test(arguments: 1...20) func aPrimaryWhoseServerEndedIsSucceeded(seed: UInt64) {
        var world = Self.settled(seed)
        let crashed = world.elapsed
        world.crashServer(0)
        #expect(world.run { $0.routed.primary != 0 && $0.gates[$0.routed.primary] == .open }, "\(world.broken)")
        #expect(world.elapsed - crashed < .seconds(10), "\(world.elapsed - crashed)")
        #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "") \(world.broken)")
    }

    /// The set elects another member by itself when its primary hangs. It is recorded, and the old primary follows it.
    @Test(arguments: 1...20) func aMemberThatTheSetElectedIsRecorded(seed: UInt64) {
        var world = Self.settled(seed)
        world.servers[0]?.isFrozen = true
        world.schedule(.thaw(0), after: .seconds(40))
        #expect(world.run { $0.routed.primary != 0 && $0.gates[$0.routed.primary] == .open }, "\(world.broken)")
        #expect(world.servers[0]?.isFrozen ?? false, "nobody waits for it")
        #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "") \(world.broken)")
        #expect(world.servers[0]?.isRunning ?? false && world.crashes.isEmpty)
    }

    @Test(arguments: 1...20) func thePrimaryThatWasAskedForIsElected(seed: UInt64) {
        var world = Self.settled(seed)
        world.promote(2)
        #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "") \(world.broken)")
        #expect(world.service?.status.primary == 2 && world.set.leaders.values.contains(2))
    }

    /// Votes come and go in pairs, and no member is removed while it has one.
    @Test(arguments: 1...20) func aSetGrowsAndShrinks(seed: UInt64) {
        var world = Self.settled(seed, members: 1)
        for instances in [3, 5, 3, 1] {
            guard var spec = world.service?.spec else { return }
            spec.generation += 1
            spec.settings.instances = instances
            world.ask(spec)
            #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "")")
            #expect(world.set.voters.count == instances, "\(world.set) \(world.broken)")
        }
    }
}
