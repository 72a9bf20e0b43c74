import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// A planned change of the primary that gives open transactions time to end.
@Suite struct DrainTests {
    private let began = ContinuousClock.now

    /// Requests of older versions of Roost say nothing of transactions.
    @Test func aStoredRequestWithoutADrainIsRead() throws {
        let old = try JSON.decode(Service.Goal.self, from: Data(#"{"promote":{"to":1}}"#.utf8))
        #expect(old == .promote(to: 1) && old.drain == .zero)
        let goal = Service.Goal.promote(to: 1, drainSeconds: 2.5)
        #expect(try JSON.decode(Service.Goal.self, from: JSON.encode(goal)) == goal)
        #expect(goal.drain == .milliseconds(2500))
    }

    @Test func theDeadlineOfTheChangeBeginsAfterTheDrain() throws {
        var handover = handover()
        for second in 0...20 { try note(&handover, isDraining: true, at: .seconds(second)) }
        #expect(try decide(handover, at: .seconds(20)) == .wait)
        try note(&handover, isDraining: false, at: .milliseconds(20_500))
        #expect(try decide(handover, at: .milliseconds(25_400)) == .wait)
        guard case .giveUp = try decide(handover, at: .milliseconds(25_500)) else {
            Issue.record("the change is not undone at its deadline")
            return
        }
    }

    /// Clients are held, so no status of a primary holds them for ever.
    @Test func aPrimaryThatDrainsForTooLongIsNotWaitedFor() throws {
        var handover = handover()
        for second in 0...80 { try note(&handover, isDraining: true, at: .seconds(second)) }
        guard case .giveUp = try decide(handover, at: .seconds(80)) else {
            Issue.record("the change is not undone")
            return
        }
    }

    @Test func aPrimaryThatDoesNotDrainHasNoLongerDeadline() throws {
        var handover = handover()
        try note(&handover, isDraining: true, fence: 3, at: .zero)
        for second in 1...5 { try note(&handover, isDraining: false, at: .seconds(second)) }
        #expect(handover.drainedAt == nil, "a status of before the fence says nothing")
        guard case .giveUp = try decide(handover, at: .seconds(5)) else {
            Issue.record("the change is not undone at its deadline")
            return
        }
    }

    @Test func aPrimaryThatDrainsIsNotFenced() throws {
        var handover = handover()
        try note(&handover, isDraining: true, at: .seconds(1))
        #expect(try !handover.areWritersFenced(service(), statuses(isDraining: true, fence: 4)))
    }

    // MARK: Values

    private func handover() -> Handover { Handover(cause: .requested(to: 1), epoch: 4, began: began) }

    private func service() throws -> Service {
        var service = try GroupSample.group()
        service.spec.ask(for: .promote(to: 1, drainSeconds: 60))
        return service
    }

    /// The primary is open, and the target has its fence.
    private func statuses(isDraining: Bool, fence: UInt64) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses {
            $0[0]?.isDraining = isDraining
            $0[0]?.fence = fence
            $0[1]?.fence = 4
        }
    }

    private func note(_ handover: inout Handover, isDraining: Bool, fence: UInt64 = 4, at time: Duration) throws {
        try handover.noteDrain(service(), statuses(isDraining: isDraining, fence: fence), began + time)
    }

    private func decide(_ handover: Handover, at time: Duration) throws -> Handover.Decision {
        try handover.decide(service(), statuses(isDraining: false, fence: 4), now: began + time)
    }
}
