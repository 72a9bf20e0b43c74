import Foundation

/// How a snapshot is to be taken, and for how long it is kept.
package struct SnapshotTerms: Codable, Equatable, Sendable {
    package static let defaultPause: Duration = .milliseconds(100)

    package let reason: String
    /// How long the server's writers may be held up.
    package let maxPause: Duration
    /// Nil: until somebody removes it, or what it was taken for is gone.
    package let expiresAt: Date?
    /// The server is stopped for the copy, by its reconciler.
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
