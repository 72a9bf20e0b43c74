import Foundation
import RoostControl
import RoostModel
import Testing

/// Pauses in a world without other faults than the one of the test.
@Suite struct PauseSimulationTests {
    static let length: Duration = .seconds(60)

    /// The primary of a paused group dies: nobody takes over, nothing is started, and all is as it was asked for once
    /// the pause is over.
    @Test(arguments: 1...20) func aPausedGroupIsLeftAsItIs(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        let primary = world.service?.status.primary ?? 0
        let end = world.elapsed + Self.length
        world.pause(for: Self.length)
        // By then every agent has the spec.
        #expect(world.run { $0.elapsed > end - .seconds(50) })
        world.crashServer(primary)
        let isKept = world.run { world in
            world.elapsed > end - .seconds(1) || world.servers[primary]?.isRunning ?? false
                || world.service?.status.primary != primary
        }
        #expect(isKept && world.elapsed > end - .seconds(1), "\(world.elapsed): \(world.state)")
        #expect(world.run { $0.unsettled == nil } && world.elapsed >= end, "\(world.unsettled ?? "")")
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    /// The same for a service of one instance that a user resumes.
    @Test(arguments: 1...20) func aServerIsStartedWhenItsServiceIsResumed(seed: UInt64) {
        var world = World(seed: seed, members: 1)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        let paused = world.elapsed
        world.pause(for: .seconds(3600))
        #expect(world.run { $0.elapsed > paused + .seconds(5) })
        world.crashServer(0)
        #expect(world.run { $0.elapsed > paused + .seconds(65) || $0.servers[0]?.isRunning ?? false })
        #expect(world.servers[0]?.isRunning == false)
        world.resume()
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        #expect(world.elapsed < paused + .seconds(75) && world.broken.isEmpty, "\(world.elapsed)")
    }
}

extension World {
    fileprivate mutating func pause(for time: Duration) {
        guard var spec = service?.spec else { return }
        spec.pause = .init(until: date.addingTimeInterval(time / .seconds(1)))
        ask(spec)
    }

    fileprivate mutating func resume() {
        guard var spec = service?.spec else { return }
        spec.pause = nil
        ask(spec)
    }
}
