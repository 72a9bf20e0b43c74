import Foundation

/// When the members of a service were last compared, and with what result. Stored beside the service's documents.
package struct ComparisonNote: Codable, Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    /// The last comparison that ended with a result. Nil if there was none.
    package var last: Last?
    /// When a comparison by schedule last began. Nil if none did.
    package var begunAt: Date?

    package struct Last: Codable, Equatable, Sendable {
        package let endedAt: Date
        /// Id of the operation, which has the tables.
        package let operation: String
        /// Whether every table of every replica was compared and is equal.
        package let isEqual: Bool
        /// `17 tables equal on 2 members`
        package let summary: String

        package init(endedAt: Date, operation: String, isEqual: Bool, summary: String) {
            self.endedAt = endedAt
            self.operation = operation
            self.isEqual = isEqual
            self.summary = summary
        }
    }

    package init(uid: String, last: Last? = nil, begunAt: Date? = nil) {
        self.uid = uid
        self.last = last
        self.begunAt = begunAt
    }
}
