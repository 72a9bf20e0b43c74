import RoostModel

/// Earlier positions of a primary, and when each was read: they tell how old the oldest write is that another server
/// lacks. Pure.
package struct PositionHistory: Equatable, Sendable {
    private struct Sample: Equatable {
        let position: Position
        /// When the position was read for the first and for the last time.
        let first: ContinuousClock.Instant
        var last: ContinuousClock.Instant
    }

    /// Samples that are kept.
    private static let kept = 64

    /// Oldest first; each position is beyond the one before.
    private var samples: [Sample] = []

    package init() {}

    /// A position that does not lie beyond the earlier ones begins another history: the server's data were replaced.
    package mutating func note(_ position: Position, now: ContinuousClock.Instant) {
        switch samples.last.map({ position.standing(against: $0.position) }) {
        case .equal: samples[samples.count - 1].last = now
        case .ahead: samples.append(Sample(position: position, first: now, last: now))
        case .behind, .diverged, nil: samples = [Sample(position: position, first: now, last: now)]
        }
        if samples.count > Self.kept { thin() }
    }

    /// Lag of a replica that has applied this position. It is exact to the time between two samples.
    ///
    /// `silence`: seconds for which the replica has heard nothing from its primary. It is the answer where the history
    /// says nothing.
    package func secondsBehind(
        _ applied: Position, silence: Double?, now: ContinuousClock.Instant
    ) -> Double? {
        guard let newest = samples.last else { return silence }
        switch applied.standing(against: newest.position) {
        case .equal, .ahead:
            // The replica lacks at most what was written since that sample, or since it last heard something.
            return silence.map { min($0, newest.last.duration(to: now) / .seconds(1)) }
        case .behind:
            let lacking = samples.first { applied.standing(against: $0.position) == .behind }
            return (lacking ?? newest).first.duration(to: now) / .seconds(1)
        case .diverged: return silence
        }
    }

    /// The positions and their ages at the end of the server, in tenths of a second and never too low, oldest first.
    package func ages(at end: ContinuousClock.Instant) -> [PositionAge] {
        samples.map { sample in
            let tenths = (sample.last.duration(to: end) / .milliseconds(100)).rounded(.up)
            return .init(position: sample.position, seconds: max(0, tenths / 10))
        }
    }

    /// Drops the sample that is missed least: the gap that it leaves is small for its age. Recent positions stay dense, and
    /// a long lag is known within a part of it.
    private mutating func thin() {
        guard let newest = samples.last else { return }
        let gaps = (1..<samples.count - 1).map { index in
            let gap = samples[index - 1].first.duration(to: samples[index + 1].first)
            return (index: index, share: gap / samples[index].first.duration(to: newest.first))
        }
        if let least = gaps.min(by: { $0.share < $1.share }) { samples.remove(at: least.index) }
    }
}

/// A position of a primary's server, and how long before the server's end it was last read.
package struct PositionAge: Codable, Equatable, Sendable {
    package let position: Position
    package let seconds: Double

    package init(position: Position, seconds: Double) {
        self.position = position
        self.seconds = seconds
    }
}

extension [PositionAge] {
    /// Age of the oldest write that a server with this position may lack, in seconds: all that was written before the
    /// newest position that it holds is there. Nil if it holds none of them.
    package func secondsLacking(_ received: Position) -> Double? {
        last { received.standing(against: $0.position).holdsAll }?.seconds
    }
}
