import RoostAgentProtocol
import RoostModel

/// Work that the daemon does itself, with its inputs, as an operation's document keeps it. It is idempotent: the next
/// daemon carries it out again from its beginning.
package enum DaemonWork: Codable, Equatable, Sendable {
    case buildTemplate(TemplateName)
    case takeSnapshot(SnapshotWork)
}

/// A snapshot of a running service that somebody asked for.
package struct SnapshotWork: Codable, Equatable, Sendable {
    package let service: ServiceID
    /// Id of the snapshot, chosen with the request: a snapshot that exists already is not taken again.
    package let id: String
    package let terms: SnapshotTerms
    /// Number of manual snapshots of the service that are kept; older ones are removed.
    package let kept: Int
}

extension [OperationRecord] {
    /// The operations that build templates, by template.
    var builds: [TemplateName: OperationInfo] {
        let found = compactMap { record -> (TemplateName, OperationInfo)? in
            guard case .buildTemplate(let name) = record.work else { return nil }
            return (name, record.info)
        }
        return Dictionary(found, uniquingKeysWith: { $1 })
    }

    /// The snapshots to take, with their operations.
    var snapshots: [(work: SnapshotWork, operation: String)] {
        compactMap { record in
            guard case .takeSnapshot(let work) = record.work else { return nil }
            return (work, record.info.id)
        }
    }
}
