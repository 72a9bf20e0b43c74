/// Part of a group's member in synchronous replication.
package enum SynchronousPart: Codable, Equatable, Sendable {
    /// Commits of the server wait for nobody, and the server acknowledges nobody's.
    case none
    /// For a primary: a commit waits until one of the members with these indices has received it.
    case waits(for: [Int])
    /// For a replica: it acknowledges the primary's commits.
    case acknowledges

    /// Whether a server that reports this plays the part already. A server that has no switch of its own for the part
    /// (`isSynchronous` is nil) plays every part.
    package func isPlayed(by report: ReplicationReport) -> Bool {
        guard let isSynchronous = report.isSynchronous else { return true }
        switch self {
        case .none: return !isSynchronous
        case .acknowledges: return isSynchronous
        case .waits(let members):
            return isSynchronous && report.acknowledgers.map { Set($0) == Set(members) } ?? true
        }
    }
}
