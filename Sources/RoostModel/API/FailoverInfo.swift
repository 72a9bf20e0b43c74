import Foundation

/// A failover or a planned switchover of a service, as it is stored and as
/// `GET /v1/applications/{a}/services/{s}/failovers` shows it.
package struct FailoverInfo: Codable, Equatable, Sendable {
    package enum Cause: String, Codable, CaseIterable, Sendable {
        /// The server of the primary ended.
        case primaryEnded = "primary_ended"
        /// The server of the primary gave no answer, and no synchronous replica heard from it. It was killed.
        case primaryHung = "primary_hung"
        /// The directory of the primary is gone.
        case dataLost = "data_lost"
        /// The members elected another primary by themselves.
        case elected
        /// `roost promote`.
        case requested
        /// The server of the primary was to be restarted: a replica took its place before.
        case restart
        /// `roost failover`.
        case forced
        /// A change of the primary that an earlier roostd began.
        case interrupted
    }

    package enum Outcome: String, Codable, CaseIterable, Sendable {
        /// Stored, but clients cannot write yet.
        case underWay = "under_way"
        case completed
        /// The primary stayed, or another change of the primary began before clients could write.
        case undone
    }

    package enum Loss: String, Codable, CaseIterable, Sendable {
        /// It is proven that no acknowledged write was lost.
        case nothing
        /// Writes may be lost, and `lostAtMostSeconds` tells how many.
        case bounded
        case unknown
    }

    /// A step of the timeline, in the order in which they happen.
    package struct Step: Codable, Equatable, Sendable {
        package enum Name: String, Codable, CaseIterable, Sendable {
            case suspected, confirmed, fenced, elected, promoted, rerouted
        }

        package let step: Name
        /// Since the beginning.
        package let milliseconds: Int

        package init(_ step: Name, milliseconds: Int) {
            self.step = step
            self.milliseconds = milliseconds
        }
    }

    /// A replica that might have taken over.
    package struct Candidate: Codable, Equatable, Sendable {
        package enum Place: String, Codable, CaseIterable, Sendable {
            case ahead, equal, behind, diverged
            /// It did not tell what it had received, or not after it had stopped receiving.
            case unreachable
            /// The position of the member that leads is unknown.
            case unknown
        }

        /// `data.1`
        package let instance: String
        /// What it had received, as its engine writes it. Nil if it did not tell.
        @Nullable package var position: String?
        /// Relation of its data to those of the member that leads.
        package let standing: Place
        /// Why it was not chosen, a clause; nil for the one that was.
        @Nullable package var reason: String?

        package init(instance: String, position: String?, standing: Place, reason: String?) {
            self.instance = instance
            self._position = Nullable(wrappedValue: position)
            self.standing = standing
            self._reason = Nullable(wrappedValue: reason)
        }
    }

    /// The epoch that the failover began.
    package let id: UInt64
    package let cause: Cause
    /// `data.0`
    package let from: String
    /// The primary afterwards; that of before if it stayed.
    package var to: String
    package let began: Date
    package var timeline: [Step] = []
    package var candidates: [Candidate] = []
    package var lost = Loss.unknown
    /// For a loss that is bounded: the time before the primary's end in which the writes were made that may be lost.
    @Nullable package var lostAtMostSeconds: Double?
    /// From the beginning until the endpoint was open again. Nil before that, and if roostd was restarted meanwhile.
    @Nullable package var writesOutMilliseconds: Int?
    package var outcome = Outcome.underWay
    /// Why the member leads, or why the change was undone.
    @Nullable package var reason: String?
    /// Whether it was decided that the primary stays. Stored until the outcome is known, for the next roostd.
    package var isGivenUp: Bool?

    package init(id: UInt64, cause: Cause, from: String, to: String, began: Date) {
        self.id = id
        self.cause = cause
        self.from = from
        self.to = to
        self.began = began
        _lostAtMostSeconds = Nullable(wrappedValue: nil)
        _writesOutMilliseconds = Nullable(wrappedValue: nil)
        _reason = Nullable(wrappedValue: nil)
    }

    /// Ends the record: a later epoch began before clients could write, as far as is known.
    package mutating func supersede(by epoch: UInt64) {
        outcome = .undone
        isGivenUp = nil
        reason = "epoch \(epoch) began before clients could write"
    }

    /// Sentence for people, once the outcome is known.
    package var text: String {
        let steps = timeline.map { "\($0.step) after \($0.milliseconds) ms" }.joined(separator: ", ")
        let change =
            switch outcome {
            case .completed where from != to: "\(to) took over from \(from)"
            case .completed: "\(from) remained the primary"
            case .undone: "the change of the primary from \(from) was undone"
            case .underWay: "the primary is being changed from \(from) to \(to)"
            }
        let loss = lostAtMostSeconds.map { "at most the writes of \($0.rounded(toPlaces: 1)) s" } ?? lost.rawValue
        return "\(change) in epoch \(id) (\(cause.rawValue)): \(steps); lost: \(loss)"
    }
}

/// The stored history of a service's failovers.
package struct FailoverHistory: Codable, Equatable, Sendable {
    /// Number and duration of the failovers of one cause and outcome since the service was made.
    package struct Total: Codable, Equatable, Sendable {
        package let cause: FailoverInfo.Cause
        package let outcome: FailoverInfo.Outcome
        package var count = 0
        /// Failovers whose time is known. Nil in histories that an earlier release stored: all.
        package var timed: Int? = 0
        /// Sum of the times during which clients could not write.
        package var milliseconds = 0
    }

    /// Failovers that are kept.
    package static let kept = 100

    /// Uid of the service.
    package let uid: String
    /// Newest first.
    package private(set) var items: [FailoverInfo] = []
    package private(set) var totals: [Total] = []

    package init(uid: String) { self.uid = uid }

    /// Adds a failover, or replaces what is stored of it. Idempotent: one whose outcome is stored does not change.
    package mutating func put(_ info: FailoverInfo) {
        if let place = items.firstIndex(where: { $0.id == info.id }) {
            guard items[place].outcome == .underWay else { return }
            items[place] = info
        } else {
            items.insert(info, at: items.firstIndex { $0.id < info.id } ?? items.endIndex)
            items.removeLast(max(0, items.count - Self.kept))
        }
        guard info.outcome != .underWay else { return }
        let place = totals.firstIndex { $0.cause == info.cause && $0.outcome == info.outcome } ?? totals.endIndex
        if place == totals.endIndex { totals.append(Total(cause: info.cause, outcome: info.outcome)) }
        totals[place].count += 1
        if let milliseconds = info.writesOutMilliseconds {
            totals[place].timed = (totals[place].timed ?? totals[place].count - 1) + 1
            totals[place].milliseconds += milliseconds
        }
    }
}
