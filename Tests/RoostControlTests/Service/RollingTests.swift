import RoostModel
import Testing

@testable import RoostControl

/// Whose turn it is to restart in a group.
@Suite struct RollingTests {
    private var rolling = Rolling()

    /// Three members that are up and have what they should; those in `waiting` need a restart.
    private func statuses(
        waiting: Set<Int>, _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 {
                statuses[index]?.state = .up
                statuses[index]?.generation = 1
                statuses[index]?.awaitsRestart = waiting.contains(index) ? true : nil
                statuses[index]?.convergence = waiting.contains(index) ? .underway : .settled
            }
            change(&statuses)
        }
    }

    private mutating func decide(
        waiting: Set<Int>, _ service: Service? = nil, isPaused: Bool = false,
        _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> Rolling.Decision {
        try rolling.decide(
            service ?? GroupSample.group(voters: [1, 2]), statuses(waiting: waiting, change), isPaused: isPaused)
    }

    @Test mutating func replicasRestartOneByOneAndThePrimaryHandsOverLast() throws {
        let group = try GroupSample.group(voters: [1, 2])
        #expect(try decide(waiting: [0, 1, 2]) == .wait && rolling.turn == 1)
        #expect(rolling.mayRestart(1, group) && !rolling.mayRestart(0, group) && !rolling.mayRestart(2, group))
        // It is down, then up and not connected, then whole.
        #expect(try decide(waiting: [0, 2]) { $0[1]?.state = .starting } == .wait && rolling.turn == 1)
        #expect(
            try decide(waiting: [0, 2]) { $0[1]?.replication?.link = .connecting(reason: "x") } == .wait
                && rolling.turn == 1)
        #expect(try decide(waiting: [0, 2]) == .wait && rolling.turn == 2)
        #expect(try decide(waiting: [0]) == .change(to: 1) && rolling.turn == nil)
    }

    @Test mutating func aPrimaryThatNobodySucceedsRestartsInItsPlace() throws {
        for _ in 0..<Rolling.attempts {
            #expect(try decide(waiting: [0]) == .change(to: 1))
            // Given up: it is about to be opened again.
            #expect(try decide(waiting: []) { $0[0]?.convergence = .underway } == .wait)
        }
        #expect(try decide(waiting: [0]) == .wait && rolling.turn == 0)
        // The next time, others are asked again.
        #expect(try decide(waiting: []) == .wait && rolling.turn == nil)
        #expect(try decide(waiting: [0]) == .change(to: 1))
    }

    @Test mutating func theSuccessorHasTheVoteIfAnyReplicaHas() throws {
        #expect(try decide(waiting: [0], try GroupSample.group(voters: [2])) == .change(to: 2))
    }

    @Test mutating func noMemberIsAskedThatCannotBeElected() throws {
        let voteless = try GroupSample.group(voters: [], .async)
        let decision = try decide(waiting: [0], voteless) { statuses in
            for index in 0...2 { statuses[index]?.replication?.applied = .mongodb(term: 1, time: 9) }
        }
        #expect(decision == .wait && rolling.turn == 0)
    }

    /// The one that restarts need not be well; the others must be.
    @Test mutating func nobodyRestartsWhileAnotherMemberIsNotWhole() throws {
        #expect(try decide(waiting: [0, 1]) { $0[2]?.state = .down } == .wait && rolling.turn == nil)
        #expect(try decide(waiting: [1]) { $0[0]?.serving = .unknown } == .wait && rolling.turn == nil)
        #expect(try decide(waiting: [0]) { $0[2]?.epoch = 2 } == .wait && rolling.turn == nil)
        #expect(try decide(waiting: [1]) { $0[1]?.replication?.link = .none } == .wait && rolling.turn == 1)
    }

    /// A replica that was restarted acknowledges again first; with `async` nobody waits for that.
    @Test mutating func commitsWaitForAReplicaAgainBeforeTheNextTurn() throws {
        let alone = try GroupSample.group(voters: [], isInForce: false)
        #expect(try decide(waiting: [0, 1], alone) == .wait && rolling.turn == nil)
        let async = try GroupSample.group(voters: [], isInForce: false, .async)
        #expect(try decide(waiting: [0, 1], async) == .wait && rolling.turn == 1)
    }

    /// The primary's agent may be the first to see a change that the replicas need as well.
    @Test mutating func nobodyRestartsBeforeAllHaveLooked() throws {
        #expect(try decide(waiting: [0]) { $0[1]?.generation = 0 } == .wait && rolling.turn == nil)
        #expect(try decide(waiting: [0, 1]) == .wait && rolling.turn == 1)
    }

    @Test mutating func aPausedServiceRestartsNobody() throws {
        #expect(try decide(waiting: [1], isPaused: true) == .wait && rolling.turn == nil)
    }

    /// A primary that does not serve keeps nobody from serving by its restart.
    @Test mutating func aPrimaryThatIsNotWellRestartsFirst() throws {
        let decision = try decide(waiting: [0, 1, 2]) {
            $0[0]?.serving = .unknown
            for index in 1...2 { $0[index]?.replication?.link = .connecting(reason: "no answer") }
        }
        #expect(decision == .wait && rolling.turn == 0)
    }

    @Test mutating func aTurnEndsWithItsMember() throws {
        #expect(try decide(waiting: [1, 2]) == .wait && rolling.turn == 1)
        var smaller = try GroupSample.group(voters: [2])
        smaller.status.members.remove(at: 1)
        #expect(try decide(waiting: [2], smaller) { $0[1] = nil } == .wait && rolling.turn == 2)
    }

    @Test func aMemberThatWasNamedRestartsAtOnce() throws {
        var group = try GroupSample.group(voters: [1, 2])
        group.spec.restartGeneration = 4
        group.spec.restarts = [0: 5, 1: 3]
        #expect(rolling.mayRestart(0, group) && !rolling.mayRestart(1, group) && !rolling.mayRestart(2, group))
        group.status.members.removeLast(2)
        #expect(rolling.mayRestart(0, group), "it is alone")
    }
}
