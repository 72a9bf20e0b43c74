/// Decides after each round whether the next one may be the last, with the source frozen.
struct RoundPlan {
    enum Step: Equatable {
        case again, freeze
        /// The last round would take so long.
        case tooSlow(Duration)
    }

    /// What is not short after so many does not become so: writers are faster.
    static let most = 6
    /// Shorter than this is not worth another try.
    static let short = Duration.milliseconds(8)

    let maxPause: Duration
    private(set) var rounds = 0
    private var last: Duration?

    init(maxPause: Duration) { self.maxPause = maxPause }

    /// `duration`: of the round that has just ended, without the first, which has everything to copy.
    mutating func next(after duration: Duration) -> Step {
        rounds += 1
        // A last round shorter by less than a tenth is paid for with one more round, and may be longer as well.
        let isShrinking = last.map { duration < $0 * 0.9 } ?? true
        last = duration
        if duration <= min(Self.short, maxPause) { return .freeze }
        if isShrinking && rounds < Self.most { return .again }
        if duration <= maxPause { return .freeze }
        // One slow round may be the disk's; two are the writers'.
        return rounds < 3 ? .again : .tooSlow(duration)
    }
}
