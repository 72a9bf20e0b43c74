import Foundation
import RoostModel

/// Decides when a failed delivery is tried again. Pure.
enum RetrySchedule {
    /// A notification is given up when it is this old.
    static let longestAge: TimeInterval = 24 * 3600
    private static let first = 1
    private static let longestPause = 3600

    enum Decision: Equatable, Sendable {
        case again(after: Duration)
        case giveUp
    }

    /// Pause after a number of failures in a row: 1 s, then twice as long each time, at most an hour.
    static func pause(afterFailures failures: Int) -> Duration {
        let doublings = max(0, failures - 1)
        // 2^12 s is more than an hour; a larger shift would overflow in time.
        guard doublings < 12 else { return .seconds(longestPause) }
        return .seconds(min(first << doublings, longestPause))
    }

    /// Called after a failure. `failures`: of this address in a row, this one included.
    static func next(afterFailures failures: Int, queuedAt: Date, now: Date) -> Decision {
        let left = queuedAt.addingTimeInterval(longestAge).timeIntervalSince(now)
        guard left > 0 else { return .giveUp }
        // The last attempt takes place when the day is over, not up to an hour earlier.
        return .again(after: min(pause(afterFailures: failures), .milliseconds(Int64(left * 1000) + 1)))
    }
}
