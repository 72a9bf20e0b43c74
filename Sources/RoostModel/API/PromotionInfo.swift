/// Outcome that `roost promote` would have now, as its dry run shows it.
package struct PromotionInfo: Codable, Equatable, Sendable {
    /// A replica that might take over.
    package struct Candidate: Codable, Equatable, Sendable {
        /// `data.1`
        package let instance: String
        /// Position of what it has received, as its engine writes it. Null if it did not tell.
        @Nullable package var position: String?
        /// How far it is behind. Null if that is unknown.
        @Nullable package var lagSeconds: Double?
        /// Why it cannot take over now, a clause each; empty if it can.
        package let blockers: [String]

        package init(instance: String, position: String?, lagSeconds: Double?, blockers: [String]) {
            self.instance = instance
            self.blockers = blockers
            self._position = Nullable(wrappedValue: position)
            self._lagSeconds = Nullable(wrappedValue: lagSeconds)
        }
    }

    /// The present primary: `data.0`.
    package let from: String
    /// The replica that would take over. Null if there is none.
    @Nullable package var to: String?
    /// Position of what the primary has written, as its engine writes it. Null if it did not tell.
    @Nullable package var position: String?
    /// Time that open transactions would have to end.
    package let drainSeconds: Double
    package let candidates: [Candidate]
    /// Why nothing would change now, a sentence each; empty if the replica would take over.
    package let blockers: [String]

    package init(
        from: String, to: String?, position: String?, drainSeconds: Double, candidates: [Candidate],
        blockers: [String]
    ) {
        self.from = from
        self.drainSeconds = drainSeconds
        self.candidates = candidates
        self.blockers = blockers
        self._to = Nullable(wrappedValue: to)
        self._position = Nullable(wrappedValue: position)
    }

    /// Sentence for people.
    package var text: String {
        guard blockers.isEmpty, let to else {
            return "\(from) stays the primary: \(blockers.joined(separator: "; "))"
        }
        let drain =
            drainSeconds == 0
            ? "open transactions would be cancelled at once"
            : "open transactions would have \(Duration.seconds(drainSeconds).rounded) to end"
        return "\(to) would become the primary instead of \(from); \(drain)"
    }
}
