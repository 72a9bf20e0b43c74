import Foundation

/// How a snapshot is taken, and how long it is kept.
package struct SnapshotTerms: Codable, Equatable, Sendable {
    package static let defaultPause: Duration = .milliseconds(100)

    package let reason: String
    /// Limit of the pause of the server's writers.
    package let maxPause: Duration
    /// Nil if the snapshot is kept until it is removed, or its purpose is gone.
    package let expiresAt: Date?
    /// Whether the reconciler may stop the server for the copy.
    package let mayStop: Bool

    package init(
        reason: String, maxPause: Duration = Self.defaultPause, expiresAt: Date? = nil, mayStop: Bool = false
    ) {
        self.reason = reason
        self.maxPause = maxPause
        self.expiresAt = expiresAt
        self.mayStop = mayStop
    }
}
