import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// What is recorded of a change of the primary.
@Suite struct FailoverTraceTests {
    private let now = ContinuousClock.now
    private let date = Date(timeIntervalSince1970: 100)

    @Test func aFailoverIsToldStepByStep() throws {
        var trace = try led(by: 1, .ended, voters: [1, 2])
        trace.mark(.promoted, now + .milliseconds(60))
        trace.mark(.promoted, now + .milliseconds(70))
        trace.complete(now + .milliseconds(84))
        let info = trace.info
        #expect(info.timeline.map(\.step) == [.suspected, .confirmed, .fenced, .elected, .promoted, .rerouted])
        #expect(info.timeline.map(\.milliseconds) == [0, 0, 10, 20, 60, 84])
        #expect(info.id == 4 && info.cause == .primaryEnded && info.from == "data.0" && info.to == "data.1")
        #expect(info.writesOutMilliseconds == 84 && info.outcome == .completed && info.lost == .nothing)
        #expect(info.candidates.map(\.standing) == [.equal, .equal])
        #expect(info.candidates.map(\.reason) == [nil, "another member was preferred"])
        #expect(info.candidates.first?.position == "1 0/A")
    }

    @Test func onlyWhatIsProvenIsCalledNotLost() throws {
        #expect(try led(by: 1, .forced(to: nil, acceptsLoss: true), voters: [1]).info.lost == .nothing)
        #expect(try led(by: 1, .forced(to: nil, acceptsLoss: true), voters: nil).info.lost == .unknown)
        let unread = try led(by: 1, .forced(to: 1, acceptsLoss: true), voters: [1, 2]) { $0[2] = nil }
        #expect(unread.info.lost == .unknown && unread.info.candidates.last?.standing == .unreachable)
        #expect(try led(by: 0, .ended, voters: nil).info.lost == .nothing, "its own data hold every commit")
        let redis = try led(by: 0, .ended, voters: nil) { statuses in
            for index in 0...2 {
                statuses[index]?.replication = ReplicationReport(
                    role: index == 0 ? .primary : .replica, link: .none, received: .redis(history: "a", offset: 1),
                    applied: .redis(history: "a", offset: 1))
            }
        }
        #expect(redis.info.lost == .unknown)
        #expect(try led(by: 0, .ended, voters: nil) { $0 = [:] }.info.lost == .unknown)
    }

    @Test func aChangeThatIsGivenUpIsUndone() throws {
        var trace = try led(by: 0, .requested(to: 1), voters: [1], isUndone: true)
        #expect(trace.info.outcome == .underWay && trace.info.isGivenUp == true)
        trace.complete(now + .seconds(1))
        #expect(trace.info.outcome == .undone && trace.info.isGivenUp == nil && trace.info.reason == "why")
    }

    /// The next roostd completes the record by the machine's clock, which may have been set back.
    @Test(arguments: [(0.5, 500), (-9, 20)]) func aRecordIsResumed(_ passed: Double, _ milliseconds: Int) throws {
        let stored = try led(by: 1, .ended, voters: [1, 2]).info
        var trace = FailoverTrace(resuming: stored, now: now, date: date + passed)
        trace.complete(now)
        #expect(trace.info.timeline.last?.milliseconds == milliseconds && trace.info.outcome == .completed)
        #expect(trace.info.writesOutMilliseconds == nil, "clients may have been served before it was known")
    }

    /// Of the records that earlier daemons left, the newest may still be true; a failover whose time is not known
    /// counts without one.
    @Test func olderOpenRecordsAreEnded() throws {
        var history = FailoverHistory(uid: "u")
        for id in [UInt64(2), 3, 4] {
            history.put(FailoverInfo(id: id, cause: .requested, from: "data.0", to: "data.1", began: date))
        }
        var machine = ServiceMachine(try GroupSample.group().id, since: 1)
        let ended = machine.resume(history, now: now, date: date)
        #expect(ended.map(\.id) == [3, 2] && ended.allSatisfy { $0.outcome == .undone })
        for info in ended { history.put(info) }
        #expect(history.totals.map(\.count) == [2] && history.totals.map(\.timed) == [0])
        #expect(machine.trace?.info.id == 4)
    }

    @Test func theHistoryIsBoundedAndCountsEachOnce() {
        var history = FailoverHistory(uid: "u")
        for id in 1...UInt64(FailoverHistory.kept + 5) {
            var info = FailoverInfo(id: id, cause: .requested, from: "data.0", to: "data.1", began: date)
            history.put(info)
            info.outcome = .completed
            info.writesOutMilliseconds = 10
            history.put(info)
            history.put(info)
        }
        #expect(history.items.count == FailoverHistory.kept)
        #expect(history.items.first?.id == UInt64(FailoverHistory.kept + 5))
        #expect(history.totals.map(\.count) == [FailoverHistory.kept + 5])
        #expect(history.totals.map(\.timed) == [FailoverHistory.kept + 5])
        #expect(history.totals.map(\.milliseconds) == [(FailoverHistory.kept + 5) * 10])
    }

    // MARK: Values

    /// Of a group whose members confirm the fence after 10 ms, and that has its leader after 20 ms.
    private func led(
        by member: Int, _ cause: Handover.Cause, voters: [Int]?, isUndone: Bool = false,
        _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> FailoverTrace {
        let group = try GroupSample.group(voters: voters)
        let statuses = try GroupSample.statuses { statuses in
            for index in 0...2 {
                statuses[index]?.fence = 4
                statuses[index]?.serving = index == 0 ? .stopped : .closed
                if index > 0 { statuses[index]?.replication?.link = .connecting(reason: "it ended") }
            }
            change(&statuses)
        }
        let handover = Handover(cause: cause, epoch: 4, began: now)
        var trace = FailoverTrace(handover, group, statuses, at: date)
        trace.mark(.fenced, now + .milliseconds(10))
        trace.elect(
            member, reason: "why", isUndone: isUndone, handover, group, statuses, now + .milliseconds(20))
        return trace
    }
}
