/// When the primary of a group may be replaced again after a replacement. Pure, and kept in memory only.
///
/// A load that delays answers by seconds looks like a hang, and follows the clients to the next primary: each kill in
/// a row is further from the one before.
struct ReplacementPace: Sendable {
    /// Pause after the replacement of a primary that ended or hung.
    static let pause: Duration = .seconds(10)
    /// The longest pause between two kills.
    static let longest: Duration = .seconds(600)

    private var last: ContinuousClock.Instant?
    private var kills = 0
    private var lastKill: ContinuousClock.Instant?

    mutating func note(_ cause: Handover.Cause, _ now: ContinuousClock.Instant) {
        switch cause {
        case .ended: last = now
        case .hung:
            // A primary that lived for longer than the longest pause begins anew.
            let isInARow = lastKill.map { now < $0 + pauseAfterKill + Self.longest } ?? false
            kills = isInARow ? kills + 1 : 1
            (last, lastKill) = (now, now)
        case .requested, .restart, .forced, .interrupted: break
        }
    }

    /// Whether a primary that fails to start may be replaced.
    func mayReplace(_ now: ContinuousClock.Instant) -> Bool { last.map { now >= $0 + Self.pause } ?? true }

    /// Whether a primary that hangs may be killed.
    func mayKill(_ now: ContinuousClock.Instant) -> Bool {
        mayReplace(now) && lastKill.map { now >= $0 + pauseAfterKill } ?? true
    }

    private var pauseAfterKill: Duration { min(Self.longest, Self.pause * (1 << min(max(kills - 1, 0), 10))) }
}
