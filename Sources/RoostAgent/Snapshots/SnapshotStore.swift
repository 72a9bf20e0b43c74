import Foundation
import Logging
import RoostHost
import RoostModel

/// Lists, finds and removes the snapshots kept on this machine, on threads for blocking work.
struct SnapshotStore: Sendable {
    let disk: HomeDisk
    let logger: Logger

    private var folder: SnapshotFolder { SnapshotFolder(paths: disk.paths) }

    func list() async throws(Problem) -> [SnapshotInfo] {
        let paths = disk.paths
        do {
            return try await disk.bulk.run {
                try folder.all().map { snapshot in
                    SnapshotInfo(
                        id: snapshot.id, application: "\(snapshot.manifest.application.name)",
                        service: "\(snapshot.manifest.service.id.service)",
                        engine: "\(snapshot.manifest.service.engine)",
                        reason: snapshot.reason, method: snapshot.method,
                        pauseMilliseconds: snapshot.pauseMilliseconds, createdAt: snapshot.createdAt,
                        expiresAt: snapshot.expiresAt,
                        sizeBytes: try Storage.size(of: paths.snapshot(snapshot.manifest.service.id, snapshot.id).data))
                }
            }
        } catch { throw Problem(.failed, "the snapshots cannot be read: \(error)") }
    }

    /// The records of all snapshots, and the folders that have data but no readable record.
    func read() async throws(HostFailure) -> (records: [SnapshotRecord], unreadable: [String]) {
        try await disk.pool.run { try folder.read() }
    }

    /// Nil if there is no complete snapshot with this id.
    func find(_ id: ServiceID, _ snapshot: String) async throws(Problem) -> SnapshotRecord? {
        do {
            return try await disk.pool.run { folder.find(id, snapshot) }
        } catch { throw Problem(.failed, "the snapshots cannot be read: \(error)") }
    }

    func remove(_ id: ServiceID, _ snapshot: String) async throws(Problem) {
        do {
            try await disk.bulk.run {
                if let record = folder.find(id, snapshot) { try folder.remove(record) }
            }
        } catch { throw Problem(.failed, "snapshot \(snapshot) could not be removed: \(error)") }
    }

    /// Removes expired snapshots except `needed`, and returns them.
    func removeExpired(now: Date, needed: Set<String>) async throws(HostFailure) -> [SnapshotRecord] {
        try await disk.pool.run {
            try folder.removeExpired(now: now, needed: needed) { record, error in
                logger.warning(
                    "An expired snapshot could not be removed",
                    metadata: ["snapshot": "\(record.id)", "reason": "\(error)"])
            }
        }
    }

    /// Removes unfinished snapshots except those that a procedure goes on with.
    func sweepHalves(keeping needed: Set<String>) async {
        do { try await disk.bulk.run { try folder.sweepHalves(keeping: needed) } } catch {
            logger.warning("An incomplete snapshot could not be removed", metadata: ["reason": "\(error)"])
        }
    }
}
