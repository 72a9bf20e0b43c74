import RoostModel
import Testing

@testable import RoostControl

/// When a server counts as hanging: only evidence of two sides does.
@Suite struct ServerContactTests {
    private var contact = ServerContact()
    private let start = ContinuousClock.now

    private mutating func ask(
        _ seconds: Double, _ health: InstanceHealth? = .healthy, heard: String? = nil, isHeldUp: Bool = false
    ) {
        contact.note(
            InstanceProbe(health: health, heard: heard, isHeldUp: isHeldUp), now: start + .seconds(seconds))
    }

    private let silent = InstanceHealth.unknown("no answer")

    @Test mutating func twoMissingAnswersInARowAreSilence() {
        ask(0)
        ask(1, silent)
        #expect(!contact.isSilent)
        ask(2, silent)
        #expect(contact.isSilent)
        ask(3, .closed)
        #expect(!contact.isSilent)
        ask(4, silent)
        #expect(!contact.isSilent)
    }

    /// A server that is starting or refuses an account answers; one that is gone is no matter of silence.
    @Test(arguments: [InstanceHealth.starting("x"), .unhealthy("x"), .lockedOut("x"), .filesGone("x"), nil])
    mutating func otherStatesAreNoSilence(_ health: InstanceHealth?) {
        ask(0, silent)
        ask(1, health)
        ask(2, silent)
        #expect(!contact.isSilent)
    }

    /// The machine is busy before and after a snapshot, too.
    @Test mutating func aServerThatASnapshotHoldsUpIsNotSilent() {
        ask(0, silent)
        ask(1, silent, isHeldUp: true)
        ask(2, silent)
        #expect(!contact.isSilent)
        ask(3, silent)
        #expect(contact.isSilent)
    }

    /// A server that takes no further connection is alive.
    @Test mutating func aCrowdedServerIsNotSilent() {
        ask(0, silent)
        ask(1, .crowded("too many connections"))
        ask(2, silent)
        #expect(!contact.isSilent)
    }

    @Test mutating func aServerThatWasJustStartedOwesNoAnswer() {
        contact = ServerContact(isStarting: true)
        ask(0, silent)
        ask(1, .starting("it recovers"))
        contact = ServerContact(isStarting: true)
        for second in 2..<5 { ask(Double(second), silent) }
        #expect(!contact.isSilent)
        ask(5, .closed)
        ask(6, silent)
        ask(7, silent)
        #expect(contact.isSilent)
    }

    @Test mutating func whatIsForgottenProvesNothing() {
        ask(0, silent, heard: "1")
        ask(1, silent, heard: "1")
        ask(2, silent, heard: "1")
        #expect(contact.isSilent && contact.hearsPrimary == false)
        contact.forget()
        #expect(!contact.isSilent && contact.hearsPrimary == nil)
        ask(3, silent, heard: "1")
        #expect(!contact.isSilent && contact.hearsPrimary == true)
    }

    @Test(arguments: [
        (ReplicationReport.Role.replica, ReplicationReport.Link.up, "7" as String?),
        (.replica, .connecting(reason: "refused"), "7"), (.replica, .none, nil),
        (.replica, .broken(reason: "stopped"), nil), (.primary, .up, nil),
    ])
    func onlyAReplicaThatListensIsAWitness(
        _ role: ReplicationReport.Role, _ link: ReplicationReport.Link, _ signs: String?
    ) {
        #expect(ReplicationReport(role: role, link: link, heard: "7").signsOfPrimary == signs)
    }

    /// After a pause of the daemon itself, what it saw before proves nothing.
    @Test mutating func aPauseOfTheDaemonBeginsAnew() {
        ask(0, silent, heard: "1")
        ask(60, silent, heard: "1")
        #expect(!contact.isSilent)
        #expect(contact.hearsPrimary == true)
        ask(61, silent, heard: "1")
        #expect(contact.isSilent)
        ask(62, .closed, heard: "1")
        #expect(contact.hearsPrimary == false)
    }

    @Test mutating func aReplicaHearsWhileSomethingChanges() {
        ask(0, .closed, heard: "1")
        ask(1, .closed, heard: "1")
        #expect(contact.hearsPrimary == true)
        ask(1.5, .closed, heard: "2")
        ask(3, .closed, heard: "2")
        #expect(contact.hearsPrimary == true)
        ask(3.5, .closed, heard: "2")
        #expect(contact.hearsPrimary == false)
        ask(4, .closed, heard: "3")
        #expect(contact.hearsPrimary == true)
    }

    /// A lost connection is no news of the primary, and no witness is no evidence.
    @Test mutating func aLostConnectionIsNoNews() {
        ask(0, .closed, heard: "1")
        ask(1.5, .closed, heard: "")
        #expect(contact.hearsPrimary == true)
        ask(2, .closed, heard: "")
        #expect(contact.hearsPrimary == false)
        ask(2.5, silent)
        #expect(contact.hearsPrimary == nil)
        ask(3, .closed, heard: "")
        #expect(contact.hearsPrimary == true, "it begins anew")
    }
}
