import Foundation
import RoostControl
import RoostModel
import Testing

/// The real deciders run over modelled machines, from a seed. `ROOST_SEEDS=17` runs one seed alone and prints what
/// happened; `ROOST_SEEDS=1...50000` runs that many.
@Suite struct SimulationTests {
    static let seeds: ClosedRange<UInt64> = {
        let words = ProcessInfo.processInfo.environment["ROOST_SEEDS"]?.split(separator: ".") ?? []
        let bounds = words.compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, first <= last else { return 1...2000 }
        return first...last
    }()

    /// The seeds in parts, one for each processor.
    static let parts: [ClosedRange<UInt64>] = {
        let processors = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))
        let length = (UInt64(seeds.count) + processors - 1) / processors
        return stride(from: seeds.lowerBound, through: seeds.upperBound, by: Int(length)).map {
            $0...min($0 + length - 1, seeds.upperBound)
        }
    }()

    /// A third of the runs have groups, and a third of these an engine that elects its primary.
    private static func world(_ seed: UInt64) -> World {
        if seed % 9 == 0 { return World(seed: seed, members: seed % 2 == 0 ? 1 : 3, engine: .elections) }
        return World(seed: seed, members: seed % 3 == 0 ? 2 + Int(seed % 2) : 1)
    }

    /// Acknowledged writes survive crashes of servers, agents and daemons, hanging work, lost, doubled and late
    /// messages, a router that forgets, and requests at any moment. No rule is broken, and after the storm all is as
    /// it was asked for.
    @Test(arguments: parts) func afterEveryStormAllIsAsItWasAskedFor(_ part: ClosedRange<UInt64>) async {
        // A minute of computing on one of the few threads that all tests wait on would keep them from their time limits.
        let failed = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: part.compactMap(Self.failure)) }.start()
        }
        #expect(failed.isEmpty, "\(failed.count) of \(part.count): \(failed.prefix(5).joined(separator: "\n"))")
    }

    @Sendable private static func failure(ofSeed seed: UInt64) -> String? {
        var world = world(seed)
        world.schedule(.fault, after: .milliseconds(300))
        world.schedule(.userRequest, after: .milliseconds(500))
        let isDone = world.run { $0.isPastTheStorm && $0.unsettled == nil }
        guard !isDone || !world.broken.isEmpty else { return nil }
        let failure = "seed \(seed): \(world.broken.first ?? world.unsettled ?? "")"
        // scripts/simulate collects these lines: the message of the test holds the first ones alone.
        print("failed: \(failure.replacing("\n", with: " "))")
        if seeds.count == 1 { print(world.log.joined(separator: "\n"), world.state, separator: "\n") }
        return failure
    }

    /// Steps of minutes and a hanging observation of the replicas do not delay decisions for the primary.
    @Test(arguments: 1...20) func thePrimaryDoesNotWaitForTheOthers(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        world.slowness = [1: .seconds(120), 2: .seconds(600)]
        for index in 0...2 { world.crashServer(index) }
        let crashed = world.elapsed
        let serves = world.run { $0.servers[0]?.isOpen ?? false && $0.gates[0] == .open }
        #expect(serves && world.elapsed - crashed < .seconds(8), "\(world.elapsed - crashed)")
    }

    /// A primary that takes minutes to start does not delay a replica.
    @Test(arguments: 1...20) func aReplicaDoesNotWaitForTheOthers(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        world.slowness = [0: .seconds(120), 1: .seconds(600)]
        for index in 0...2 { world.crashServer(index) }
        let crashed = world.elapsed
        let runs = world.run { $0.servers[2]?.isRunning ?? false }
        #expect(runs && world.elapsed - crashed < .seconds(8), "\(world.elapsed - crashed)")
    }

    /// From the end of a primary's server to its open route: one durable commit, and two specs to its agent before the
    /// server is open (the fence, the new epoch).
    @Test(arguments: 1...20) func fromTheEndOfAPrimaryToItsOpenRouteThereIsOneCommit(seed: UInt64) {
        var world = World(seed: seed, members: 3, durability: .async)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        (world.asked, world.commits) = ([:], 0)
        world.crashServer(0)
        #expect(world.run { $0.servers[0]?.isOpen ?? false })
        let asked = world.asked[0]?.subtracting([[1, 1]]) ?? []
        #expect(world.commits == 1 && asked.count == 2, "\(world.commits) commits, \(asked)")
        #expect(world.run { $0.gates[0] == .open } && world.commits == 1, "\(world.commits) commits")
    }

    /// The same from a request for another primary to the open route of the service.
    @Test(arguments: 1...20) func fromARequestToTheRouteOfTheNewPrimaryThereIsOneCommit(seed: UInt64) {
        var world = World(seed: seed, members: 3, durability: .async)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil }, "\(world.unsettled ?? "")")
        (world.asked, world.commits) = ([:], 0)
        world.promote(1)
        #expect(world.run { $0.routed.primary == 1 && $0.gates[1] == .open && $0.servers[1]?.isOpen ?? false })
        #expect(world.commits == 1 && world.asked[1]?.count == 3, "\(world.commits) commits, \(world.asked)")
    }

    /// While commits wait for a replica, one that has them all takes over from a primary whose server ended, without a
    /// start, and all acknowledged writes are there; also if the primary's directory is gone.
    @Test(arguments: 1...40) func aVoterTakesOver(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil && $0.written > 5 }, "\(world.unsettled ?? "")")
        world.crashServer(0)
        if seed % 2 == 0 { world.loseData(0) }
        #expect(world.run { $0.routed.primary != 0 && $0.gates[$0.routed.primary] == .open })
        #expect(world.log.count { $0.contains("start") && !$0.contains("0: start") } == 2, "only the first starts")
        #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "") \(world.broken)")
    }

    /// Voters that lost a part of what they had acknowledged are not taken for members that have everything.
    @Test(arguments: 1...20) func lossesOfVotersAreNotOverlooked(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil && $0.written > 5 }, "\(world.unsettled ?? "")")
        world.crashServer(0)
        world.loseData(0)
        for index in 1...2 {
            let received = world.servers[index]?.history ?? []
            world.servers[index]?.mayHaveAcknowledged = received.count
            world.servers[index]?.history = received.dropLast()
        }
        let since = world.elapsed
        #expect(world.run { $0.elapsed - since > .seconds(60) })
        #expect(world.broken.isEmpty && world.servers.values.allSatisfy { !$0.isOpen }, "\(world.broken)")
    }

    /// A primary that hangs is killed, and a voter takes over with all acknowledged writes.
    @Test(arguments: 1...40) func aPrimaryThatHangsIsReplaced(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil && $0.written > 5 }, "\(world.unsettled ?? "")")
        world.servers[0]?.isFrozen = true
        let frozen = world.elapsed
        #expect(world.run { $0.routed.primary != 0 && $0.gates[$0.routed.primary] == .open })
        // Each step takes up to 1.5 s here.
        #expect(world.elapsed - frozen < .seconds(10), "\(world.elapsed - frozen)")
        #expect(world.run { $0.unsettled == nil } && world.broken.isEmpty, "\(world.unsettled ?? "") \(world.broken)")
    }

    /// One witness is no evidence: the primary's silence alone, or the silence of a machine that hangs as a whole.
    @Test(arguments: 1...20) func onlyAPrimaryThatNobodyHearsIsKilled(seed: UInt64) {
        var world = World(seed: seed, members: 3)
        world.isCalm = true
        #expect(world.run { $0.unsettled == nil && $0.written > 5 }, "\(world.unsettled ?? "")")
        if seed % 2 == 0 {
            world.servers[0]?.isDeaf = true
        } else {
            for index in 0...2 { world.servers[index]?.isFrozen = true }
        }
        let since = world.elapsed
        #expect(world.run { $0.elapsed - since > .seconds(60) })
        #expect(world.routed.primary == 0 && world.servers[0]?.isRunning ?? false)
    }
}
