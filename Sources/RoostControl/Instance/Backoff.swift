/// Delay after failures in a row: zero after the first, then doubling up to a limit.
///
/// The first restart is immediate because a single crash is usually not followed by another, and each millisecond is
/// an outage.
package struct Backoff: Equatable, Sendable {
    package let first: Duration
    package let limit: Duration

    package init(first: Duration = .milliseconds(250), limit: Duration = .seconds(30)) {
        self.first = first
        self.limit = limit
    }

    package func delay(afterFailures count: Int) -> Duration {
        guard count > 1 else { return .zero }
        let doublings = min(count - 2, 20)
        return min(first * (1 << doublings), limit)
    }

    /// The rest of the delay at `now`; zero when it is over.
    package func remaining(_ failures: FailureRecord, now: ContinuousClock.Instant) -> Duration {
        guard let last = failures.last else { return .zero }
        return max(.zero, delay(afterFailures: failures.count) - last.at.duration(to: now))
    }
}
