import RoostModel

/// Evidence of a server that hangs: it does not answer, and its replica does not hear from it. Pure.
///
/// A probe or a look is one question. Both witnesses are needed, since a server that is slow to answer still sends signs
/// of life to its replicas, twice a second or so.
package struct ServerContact: Equatable, Sendable {
    /// Questions in a row without an answer after which a server is silent.
    private static let misses = 2
    /// Silence of a primary after which its replica does not hear from it.
    private static let silence: Duration = .seconds(2)
    /// Time between two questions after which the daemon itself may have been held up. What it saw before counts no
    /// longer.
    private static let gap: Duration = .seconds(4)

    /// Questions in a row that were not answered.
    private var missed = 0
    /// Whether the server was just started, and has not answered yet.
    private var isStarting: Bool
    private var health: InstanceHealth?
    private var heard: Heard?
    private var last: ContinuousClock.Instant?
    package private(set) var hearsPrimary: Bool?

    /// What the replica had heard, and when that was new.
    private struct Heard: Equatable {
        let text: String
        let since: ContinuousClock.Instant
    }

    package var isSilent: Bool { missed >= Self.misses }

    /// `isStarting`: the server was started a moment ago, and owes no answer until it has given one.
    package init(isStarting: Bool = false) { self.isStarting = isStarting }

    /// Forgets the evidence.
    package mutating func forget() {
        missed = 0
        heard = nil
        hearsPrimary = nil
    }

    package mutating func note(_ probe: InstanceProbe, now: ContinuousClock.Instant) {
        if let last, last.duration(to: now) > Self.gap { forget() }
        last = now
        noteAnswer(probe)
        noteHeard(probe.heard, now)
        health = probe.health
    }

    /// Whether the server answers as it did before.
    func answersAsBefore(_ probe: InstanceProbe) -> Bool { probe.health == health }

    private mutating func noteAnswer(_ probe: InstanceProbe) {
        guard case .unknown = probe.health, !probe.isHeldUp else {
            if probe.health?.isAnswer ?? false { isStarting = false }
            missed = 0
            return
        }
        if !isStarting { missed += 1 }
    }

    private mutating func noteHeard(_ text: String?, _ now: ContinuousClock.Instant) {
        guard let text else {
            heard = nil
            hearsPrimary = nil
            return
        }
        // Nothing is heard while there is no connection, however that came about.
        if let heard, text.isEmpty || text == heard.text {
            hearsPrimary = heard.since.duration(to: now) < Self.silence
        } else {
            heard = Heard(text: text, since: now)
            hearsPrimary = true
        }
    }
}
