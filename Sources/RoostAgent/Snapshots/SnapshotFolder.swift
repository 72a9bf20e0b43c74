import Foundation
import Glibc
import RoostHost
import RoostModel

/// The snapshots on this machine. The disk decides which exist: snapshots outlive the services they came from, and
/// the store.
struct SnapshotFolder: Sendable {
    let paths: HomePaths

    /// Complete snapshots, oldest first. Blocks. A snapshot whose record cannot be read is left out and left alone.
    func all() throws -> [SnapshotRecord] { try read().records }

    /// Complete snapshots, and the folders that have data but no readable record: what those need is not known.
    /// Blocks.
    func read() throws -> (records: [SnapshotRecord], unreadable: [String]) {
        var records: [SnapshotRecord] = []
        var unreadable: [String] = []
        for place in paths.places {
            for application in names(in: place.snapshots) {
                for service in names(in: "\(place.snapshots)/\(application)") {
                    let folder = "\(place.snapshots)/\(application)/\(service)"
                    for id in names(in: folder) {
                        let snapshot = SnapshotPaths(folder: "\(folder)/\(id)")
                        guard FileManager.default.fileExists(atPath: snapshot.data) else { continue }
                        guard let record = record(snapshot) else {
                            unreadable.append(snapshot.folder)
                            continue
                        }
                        records.append(record)
                    }
                }
            }
        }
        return (records.sorted { $0.createdAt < $1.createdAt }, unreadable)
    }

    /// Removes expired snapshots except `needed`, and returns them. A snapshot that cannot be removed is reported to
    /// `failed` and left for the next time. Blocks.
    func removeExpired(
        now: Date, needed: Set<String>, failed: (SnapshotRecord, any Error) -> Void
    ) throws -> [SnapshotRecord] {
        let expired = try all().filter { record in
            !needed.contains(record.id) && (record.expiresAt.map { $0 <= now } ?? false)
        }
        return expired.filter { record in
            do {
                try remove(record)
                return true
            } catch {
                failed(record, error)
                return false
            }
        }
    }

    /// Removes unfinished snapshots of a daemon that died, except those that the next one goes on with. A folder
    /// without data is no snapshot yet. Called at the start, before anything is made. Blocks for as long as the disk
    /// takes.
    func sweepHalves(keeping needed: Set<String>) throws {
        for place in paths.places {
            for application in names(in: place.snapshots) {
                for service in names(in: "\(place.snapshots)/\(application)") {
                    let folder = "\(place.snapshots)/\(application)/\(service)"
                    for id in names(in: folder) where !needed.contains(id) {
                        let snapshot = SnapshotPaths(folder: "\(folder)/\(id)")
                        if try Storage.look(at: snapshot.data) != nil { continue }
                        try Storage.removeTree(snapshot.folder, within: place.snapshots)
                    }
                }
            }
        }
    }

    /// Finds a complete snapshot. Nil if there is none with this id, or it cannot be read. Blocks.
    func find(_ id: ServiceID, _ snapshot: String) -> SnapshotRecord? {
        let standing = paths.snapshot(id, snapshot)
        guard FileManager.default.fileExists(atPath: standing.data), let record = record(standing),
            record.manifest.service.id == id
        else { return nil }
        return record
    }

    /// Makes the folder of a snapshot of an instance, beside the instance.
    func makeFolder(_ snapshot: SnapshotPaths, of id: InstanceID) throws {
        let place = paths.place(of: id)
        try Storage.makeFolder("\(place.snapshots)/\(id.service.application)", mode: 0o700, owner: nil)
        try Storage.makeFolder(place.snapshots(of: id.service), mode: 0o700, owner: nil)
        try Storage.makeFolder(snapshot.folder, mode: 0o700, owner: nil)
    }

    func write(_ record: SnapshotRecord, to snapshot: SnapshotPaths) throws {
        try Storage.writeAtomically(try JSON.encode(record), to: snapshot.record, mode: 0o600, owner: nil)
    }

    /// Removes the snapshot's folder. Blocks for as long as the disk takes.
    func remove(_ record: SnapshotRecord) throws {
        let id = record.manifest.service.id
        let folder = paths.snapshot(id, record.id).folder
        guard let place = paths.places.first(where: { folder.hasPrefix($0.snapshots + "/") }) else { return }
        try Storage.removeTree(folder, within: place.snapshots)
        // The outer folders are removed with their last snapshot; rmdir leaves a folder that is not empty.
        rmdir(place.snapshots(of: id))
        rmdir("\(place.snapshots)/\(id.application)")
    }

    private func record(_ snapshot: SnapshotPaths) -> SnapshotRecord? {
        // A record that cannot be read is reported by `read`.
        FileManager.default.contents(atPath: snapshot.record).flatMap { try? JSON.decode(from: $0) }
    }

    private func names(in folder: String) -> [String] {
        // A missing or unreadable folder lists nothing. A half-removed or unfinished folder is no snapshot.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}
