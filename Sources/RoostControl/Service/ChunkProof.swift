import RoostModel

/// Decides whether a part of a table is the same on a replica as on the primary, while both are in use. No lock is taken
/// and nothing is paused.
///
/// One attempt: the primary's checksum, then the primary's position; the replica applies that position; the replica's
/// checksum; the primary's checksum again. Two equal checksums of the primary mean that the rows did not change in
/// between, so a replica that had applied everything by then must have had the same rows. Checksums cannot tell rows that
/// changed and changed back, nor a commit that one server shows a moment before the other: so a difference counts only
/// if it is found in several attempts in a row, with one and the same checksum of the primary in all of them.
package struct ChunkProof: Equatable, Sendable {
    /// Attempts in a row that prove a difference.
    package static let needed = 3
    /// Pause after the first attempt; the later ones are longer. The attempts that prove a difference last longer than a
    /// second, the time after which a commit counts as one that waits.
    private static let pause: Duration = .milliseconds(600)
    /// Attempts after which a part of a table that keeps changing is left alone.
    package static let most = 12

    package struct Evidence: Equatable, Sendable {
        /// The primary's checksum before its position was taken.
        package let before: ChunkSum
        /// The replica's checksum, after it had applied that position.
        package let replica: ChunkSum
        /// The primary's checksum after the replica's. Nil: not asked for, because the replica's equals the first.
        package let after: ChunkSum?
        /// Whether a commit had waited for its acknowledgement for a second at the end: a replica may show it before the
        /// primary does.
        package let commitsWait: Bool

        package init(before: ChunkSum, replica: ChunkSum, after: ChunkSum?, commitsWait: Bool) {
            self.before = before
            self.replica = replica
            self.after = after
            self.commitsWait = commitsWait
        }
    }

    package enum Verdict: Equatable, Sendable {
        case equal
        case differs
        case notCompared(reason: String)
        /// Undecided: the next attempt follows after this time.
        case again(after: Duration)
    }

    private var attempts = 0
    /// Attempts in a row that found a difference, and the primary's checksum in all of them.
    private var found = 0
    private var primary: ChunkSum?

    package init() {}

    package mutating func take(_ evidence: Evidence) -> Verdict {
        attempts += 1
        for sum in [evidence.before, evidence.replica, evidence.after] {
            if case .unreadable(let reason) = sum { return .notCompared(reason: reason) }
        }
        let (before, replica) = (evidence.before, evidence.replica)
        if before.isState, replica.isState, replica == before || replica == evidence.after { return .equal }
        let isStill = before.isState && replica.isState && before == evidence.after && !evidence.commitsWait
        found = isStill ? (primary == before ? found + 1 : 1) : 0
        primary = isStill ? before : nil
        if found == Self.needed { return .differs }
        guard attempts < Self.most else { return .notCompared(reason: Self.reason(evidence)) }
        return .again(after: min(.seconds(2), Self.pause * attempts))
    }

    private static func reason(_ evidence: Evidence) -> String {
        for sum in [evidence.before, evidence.replica, evidence.after] {
            if case .interrupted(let reason) = sum { return reason }
        }
        return evidence.commitsWait
            ? "commits of the primary wait for their acknowledgement" : "its rows change too often"
    }
}
