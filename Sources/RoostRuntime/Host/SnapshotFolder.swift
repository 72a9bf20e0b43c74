import Foundation
import Glibc
import RoostHost
import RoostModel

/// The snapshots on this machine. What stands on disk is the truth: they outlive the services they came from, and the store.
struct SnapshotFolder: Sendable {
    let paths: HomePaths

    /// Complete ones, oldest first. Blocks. A record that cannot be read is left out and left alone.
    func all() throws -> [SnapshotRecord] { try read().records }

    /// As `all`, with the folders whose data are there and whose record cannot be read: what those need is not known.
    func read() throws -> (records: [SnapshotRecord], unreadable: [String]) {
        var records: [SnapshotRecord] = []
        var unreadable: [String] = []
        for application in names(in: paths.snapshots) {
            for service in names(in: "\(paths.snapshots)/\(application)") {
                for id in names(in: "\(paths.snapshots)/\(application)/\(service)") {
                    let snapshot = SnapshotPaths(folder: "\(paths.snapshots)/\(application)/\(service)/\(id)")
                    guard FileManager.default.fileExists(atPath: snapshot.data) else { continue }
                    guard let data = FileManager.default.contents(atPath: snapshot.record),
                        let record = try? JSON.decode(SnapshotRecord.self, from: data)
                    else {
                        unreadable.append(snapshot.folder)
                        continue
                    }
                    records.append(record)
                }
            }
        }
        return (records.sorted { $0.createdAt < $1.createdAt }, unreadable)
    }

    /// Removes those whose time is over, but none of `needed`, and returns them; one that cannot be removed is left for
    /// the next time and told to `failed`. Blocks.
    func removeExpired(
        now: Date, needed: Set<String>, failed: (SnapshotRecord, any Error) -> Void
    ) throws -> [SnapshotRecord] {
        let expired = try all().filter { record in
            !needed.contains(record.id) && (record.expiresAt.map { $0 <= now } ?? false)
        }
        return expired.filter { record in
            do {
                try Storage.removeTree(
                    paths.snapshot(record.manifest.service.id, record.id).folder, within: paths.snapshots)
            } catch {
                failed(record, error)
                return false
            }
            // Go with their last snapshot; a folder that is not empty stays.
            rmdir(paths.snapshots(of: record.manifest.service.id))
            rmdir("\(paths.snapshots)/\(record.manifest.application.name)")
            return true
        }
    }

    private func names(in folder: String) -> [String] {
        // Not there, or not readable: nothing to list.
        // Half removed or half made: no snapshot.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}
