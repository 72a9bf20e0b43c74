/// A server's answer to the question for the checksum of a part of a table.
package enum ChunkSum: Codable, Equatable, Sendable {
    /// The number of rows, and a digest over all of them that does not depend on their order. Digests of servers of
    /// one release are comparable, others are not.
    case rows(count: Int, digest: String)
    /// The table, or one of the columns that were asked for, does not exist there.
    case absent
    /// The server ended the query for a reason that passes: a later query may be answered.
    case interrupted(String)
    /// The server cannot answer. `reason` in words.
    case unreadable(String)

    /// Whether this is the state of a table, as opposed to a query without an answer.
    package var isState: Bool {
        switch self {
        case .rows, .absent: true
        case .interrupted, .unreadable: false
        }
    }
}
