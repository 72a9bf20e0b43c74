import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// A primary with `durability: async` that cannot go on: what a replica may lack decides whether it takes over.
@Suite struct LossLimitTests {
    private let now = ContinuousClock.now

    struct Case: Sendable, CustomTestStringConvertible {
        enum Outcome: Sendable, Equatable {
            case leads(Int)
            case stuck(String)
            case waits
        }

        let testDescription: String
        var limit: Int? = 10
        var durability = ServiceSettings.Durability.async
        /// Positions of the primary that ended, and their ages.
        var written: [(location: UInt64, age: Double)] = [(8, 6), (10, 2.5)]
        /// What the replicas 1 and 2 have received; nil: they did not tell.
        var received: [UInt64?] = [10, 10]
        var isDataGone = true
        var failures = 0
        var isLate = false
        let outcome: Outcome
    }

    static let cases: [Case] = [
        Case(testDescription: "a replica within the limit", outcome: .leads(1)),
        Case(testDescription: "the replica with the most data", received: [8, 10], outcome: .leads(2)),
        Case(
            testDescription: "the limit itself", limit: 5, written: [(10, 5)], outcome: .leads(1)),
        Case(
            testDescription: "beyond the limit", limit: 5, received: [8, 7],
            outcome: .stuck("may lack the writes of 6.0 s, more than 'max_loss: 5s' allows")),
        Case(
            testDescription: "a replica that has none of the known positions", received: [7, 7],
            outcome: .stuck("it is not known how many writes data.1 lacks")),
        Case(
            testDescription: "no known position", written: [],
            outcome: .stuck("it is not known how many writes data.1 lacks")),
        Case(testDescription: "no limit", limit: nil, outcome: .stuck("commits did not wait for a replica")),
        Case(testDescription: "a limit of zero", limit: 0, outcome: .stuck("commits did not wait for a replica")),
        Case(
            testDescription: "a limit of an earlier durability", durability: .sync,
            outcome: .stuck("commits did not wait for a replica")),
        Case(testDescription: "a replica that may tell yet", received: [10, nil], outcome: .waits),
        Case(
            testDescription: "a replica that did not tell in time", received: [10, nil], isLate: true,
            outcome: .leads(1)),
        Case(
            testDescription: "nobody tells", received: [nil, nil], isLate: true,
            outcome: .stuck("commits did not wait for a replica")),
        Case(testDescription: "the primary can be started in place", isDataGone: false, outcome: .leads(0)),
        Case(
            testDescription: "the primary does not start", isDataGone: false, failures: Handover.attempts,
            outcome: .leads(1)),
        Case(
            testDescription: "the primary does not start, and its own data are the better ones", limit: 5,
            received: [8, 8],
            isDataGone: false, failures: Handover.attempts, outcome: .leads(0)),
    ]

    @Test(arguments: cases)
    func theLimitDecidesWhoLeads(_ sample: Case) throws {
        let decision = Handover(cause: .ended, epoch: 4, began: now)
            .decide(try group(sample), try statuses(sample), now: sample.isLate ? now + Handover.election : now)
        switch sample.outcome {
        case .waits: #expect(decision == .wait)
        case .leads(let member):
            guard case .lead(let chosen, let reason) = decision else {
                Issue.record("\(decision)")
                return
            }
            #expect(chosen == member)
            if member > 0 { #expect(reason?.contains("lacks at most the writes of") ?? false, "\(reason ?? "")") }
        case .stuck(let part):
            guard case .stuck(let reason) = decision else {
                Issue.record("\(decision)")
                return
            }
            #expect(reason.contains(part) && reason.contains("--accept-data-loss"), "\(reason)")
        }
    }

    /// A member that is never promoted does not lead within the limit either, though it has more.
    @Test func aMemberThatIsNeverPromotedIsPassedOver() throws {
        let sample = Case(testDescription: "", received: [10, 8], outcome: .leads(2))
        var group = try group(sample)
        group.spec.settings.members = [1: MemberSettings(priority: 0)]
        let decision = Handover(cause: .ended, epoch: 4, began: now).decide(group, try statuses(sample), now: now)
        guard case .lead(2, _) = decision else {
            Issue.record("\(decision)")
            return
        }
    }

    /// A primary that does not start is given up only where another member may follow it.
    @Test(arguments: [(10, .ended), (nil, nil), (0, nil)] as [(Int?, Handover.Cause?)])
    func aPrimaryThatDoesNotStartIsReplacedWithinALimit(_ limit: Int?, _ cause: Handover.Cause?) throws {
        let sample = Case(
            testDescription: "", limit: limit, isDataGone: false, failures: Handover.attempts, outcome: .waits)
        var statuses = try statuses(sample)
        for index in 0...2 { statuses[index]?.fence = 3 }
        #expect(Handover.cause(try group(sample), statuses, isExpected: true) == cause)
        #expect(Handover.cause(try group(sample), statuses, isExpected: true, mayReplace: false) == nil)
    }

    /// The record tells the loss as a number, whoever decided for it.
    @Test func theRecordTellsTheLoss() throws {
        let sample = Case(testDescription: "", received: [8, 8], outcome: .leads(1))
        let (group, statuses) = (try group(sample), try statuses(sample))
        for cause in [Handover.Cause.ended, .forced(to: 1, acceptsLoss: true)] {
            let handover = Handover(cause: cause, epoch: 4, began: now)
            var trace = FailoverTrace(handover, group, statuses, at: .distantPast)
            trace.elect(1, reason: "why", isUndone: false, handover, group, statuses, now)
            #expect(trace.info.lost == .bounded && trace.info.lostAtMostSeconds == 6)
            #expect(trace.info.text.hasSuffix("lost: at most the writes of 6.0 s"))
        }
        // A record of before has no number.
        let before = try JSON.encode(FailoverInfo(id: 1, cause: .primaryEnded, from: "a", to: "b", began: .distantPast))
        let text = String(decoding: before, as: UTF8.self).replacing(#""lost_at_most_seconds":null,"#, with: "")
        #expect(try JSON.decode(FailoverInfo.self, from: Data(text.utf8)).lostAtMostSeconds == nil)
    }

    // MARK: What the agent tells

    /// Positions are told once the server has ended, by their age at that time, however late the next look is.
    @Test func thePositionsOfAPrimaryAreToldAtItsEnd() {
        var memory = InstanceMemory()
        func look(_ seconds: Double, _ seen: InstanceObservation) {
            var seen = seen
            _ = memory.note(&seen, name: "data.0", now: now + .seconds(seconds), date: .distantPast) { _ in nil }
        }
        look(0, leading(at: 1))
        look(2, leading(at: 2))
        // The question was asked before the look ended: later writes may be missing from the answer.
        look(4, leading(at: 3, askedAt: now + .seconds(3)))
        #expect(memory.lastPositions == nil, "the server runs")
        look(5, InstanceObservation(directory: .absent, process: .none))
        let told = ([(1, 5), (2, 3), (3, 2)] as [(UInt64, Double)]).map {
            PositionAge(position: GroupSample.position($0), seconds: $1)
        }
        #expect(memory.lastPositions == told)
        look(60, InstanceObservation(directory: .absent, process: .none))
        look(61, InstanceObservation(directory: .present, process: .running(pid: 8)))
        look(62, InstanceObservation(directory: .absent, process: .none))
        #expect(memory.lastPositions == told, "a server that told nothing was never opened")
        look(63, leading(at: 3))
        #expect(memory.lastPositions == nil)
    }

    @Test func aReplicaTellsNothingOfTheTimeWhenItLed() {
        var memory = InstanceMemory()
        var following = leading(at: 1)
        following.replication?.role = .replica
        for var seen in [leading(at: 1), following, InstanceObservation(directory: .present, process: .none)] {
            _ = memory.note(&seen, name: "data.0", now: now, date: .distantPast) { _ in nil }
        }
        #expect(memory.lastPositions == nil)
    }

    // MARK: Values

    private func leading(at location: UInt64, askedAt: ContinuousClock.Instant? = nil) -> InstanceObservation {
        var seen = InstanceObservation(directory: .present, process: .running(pid: 7), health: .healthy)
        let position = GroupSample.position(location)
        seen.replication = ReplicationReport(role: .primary, received: position, applied: position)
        seen.askedAt = askedAt
        return seen
    }

    private func group(_ sample: Case) throws -> Service {
        var group = try GroupSample.group(voters: [], isInForce: false, sample.durability)
        group.spec.settings.maxLossSeconds = sample.limit
        return group
    }

    private func statuses(_ sample: Case) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 { statuses[index]?.fence = 4 }
            statuses[0]?.serving = .stopped
            statuses[0]?.isDataGone = sample.isDataGone
            statuses[0]?.failures = sample.failures
            statuses[0]?.lastPositions = sample.written.map {
                PositionAge(position: GroupSample.position($0.location), seconds: $0.age)
            }
            for (index, location) in zip(1...2, sample.received) {
                statuses[index]?.replication?.link = .connecting(reason: "it ended")
                statuses[index]?.replication?.received = location.map(GroupSample.position)
            }
        }
    }
}
