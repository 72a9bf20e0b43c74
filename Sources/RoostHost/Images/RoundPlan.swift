/// Decides after each round whether the next one may be the last, with the source frozen.
struct RoundPlan {
    enum Step: Equatable {
        case again, freeze
        /// The last round would take this long.
        case tooSlow(Duration)
    }

    /// Maximum of rounds: if they are still long by then, the writers are faster.
    static let most = 6
    /// After a round shorter than this, another round is not worth its time.
    static let short = Duration.milliseconds(8)

    let maxPause: Duration
    private(set) var rounds = 0
    private var last: Duration?

    init(maxPause: Duration) { self.maxPause = maxPause }

    /// `duration` is that of the round that has just ended. Not called for the first round, which copies everything.
    mutating func next(after duration: Duration) -> Step {
        rounds += 1
        // An improvement of less than a tenth is not worth another round, which may also turn out longer.
        let isShrinking = last.map { duration < $0 * 0.9 } ?? true
        last = duration
        if duration <= min(Self.short, maxPause) { return .freeze }
        if isShrinking && rounds < Self.most { return .again }
        if duration <= maxPause { return .freeze }
        // A single slow round may be caused by the disk; two are caused by the writers.
        return rounds < 3 ? .again : .tooSlow(duration)
    }
}
