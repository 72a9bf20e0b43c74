import Foundation
import Logging
import RoostControl
import RoostHost
import RoostModel
import Synchronization

// The pool, and the use of the disk.
extension LocalHost {
    private var poolImage: PoolImage { PoolImage(home: paths.home) }

    package func makePool(size: ByteCount) async throws(HostFailure) {
        let (image, place) = (poolImage, paths.poolPlace)
        // The pool is changed by one task at a time: a second one would take the unfinished pool for the remains of a
        // crash.
        try await inTurn("pool") { [self] in
            try await bulk.run { [self] in
                try naming("make the pool") {
                    try image.make(size: size)
                    try place.makeFolders()
                }
            }
        }
    }

    package func growPool(size: ByteCount) async throws(HostFailure) {
        let image = poolImage
        try await inTurn("pool") { [self] in
            try await bulk.run { [self] in try naming("grow the pool") { try image.grow(to: size) } }
        }
    }

    /// Throws if the pool has no room for the instances that are outside of it.
    package func refuseMove(of instances: [InstanceID]) async throws(HostFailure) {
        try await bulk.run { [self] in
            try naming("move it into the pool") {
                let outside = instances.map { paths.homePlace.instance($0).folder }
                let sizes = try outside.filter { try Storage.look(at: $0) != nil }.map {
                    try Storage.size(of: $0).bytes
                }
                try refuse(ByteCount(bytes: sizes.reduce(0, +)), at: paths.pool, "it")
            }
        }
    }

    /// A copy at its final path is complete, and is the instance's from then on: the pool is searched first.
    package func moveToPool(_ order: InstanceOrder) async throws(HostFailure) {
        guard paths.hasPool else { throw HostFailure("this home has no pool that is mounted; see 'roost doctor'") }
        let (old, new) = (paths.homePlace.instance(order.id).folder, paths.poolPlace.instance(order.id).folder)
        let parent = paths.poolPlace.instances(of: order.service.id.application)
        try await bulk.run { [self] in
            try naming("move \(old) into the pool") {
                if try Storage.look(at: new) == nil {
                    try refuse(try Storage.size(of: old), at: paths.pool, "it")
                    try Storage.makeFolder(parent, mode: 0o711, owner: nil)
                    _ = try Storage.copyTree(from: old, to: new, preferring: .copy)
                }
                try Storage.removeTree(old, within: paths.homePlace.instances)
                // The application's folder goes with its last instance; rmdir leaves a folder that is not empty.
                rmdir(paths.homePlace.instances(of: order.service.id.application))
            }
        }
    }

    /// Free space for copies, without the reserve, and the size of the disk.
    package func roomForCopies() async -> (free: ByteCount, size: ByteCount) {
        let root = paths.freshPlace.root
        // If free space cannot be read, report zero.
        let space = try? await pool.run { try Storage.space(at: root) }
        guard let space else { return (ByteCount(bytes: 0), ByteCount(bytes: 0)) }
        return (ByteCount(bytes: max(0, space.free.bytes - Self.reserve(of: space.size).bytes)), space.size)
    }

    package func memoryTotal() -> ByteCount { Machine.memoryTotal }

    /// The time that the last snapshot of each instance held writers up, since this daemon's start.
    package func snapshotPauses() -> [InstanceID: Duration] { pauses.withLock { $0 } }

    package func removeSnapshot(_ id: ServiceID, _ snapshot: String) async throws(Problem) {
        do {
            try await bulk.run { [paths] in
                let folder = SnapshotFolder(paths: paths)
                if let record = folder.find(id, snapshot) { try folder.remove(record) }
            }
        } catch { throw Problem(.failed, "snapshot \(snapshot) could not be removed: \(error)") }
    }

    package func removeSnapshots(of id: ServiceID) async throws(HostFailure) {
        try await bulk.run { [self] in
            try naming("remove its snapshots") {
                let folder = SnapshotFolder(paths: paths)
                for record in try folder.all() where record.manifest.service.id == id { try folder.remove(record) }
            }
        }
    }

    /// Removes half-removed folders, and unfinished snapshots except those that a procedure goes on with.
    func sweepHalves(keeping needed: Set<String>) async {
        do {
            try await bulk.run { [paths] in
                func folders(in folder: String) -> [String] { Self.names(in: folder).map { "\(folder)/\($0)" } }
                for place in paths.places {
                    let applications = folders(in: place.snapshots)
                    let roots =
                        [place.templates, place.templateWork] + folders(in: place.templates) + applications
                        + applications.flatMap { folders(in: $0) } + [place.instances(of: .clones)]
                        + folders(in: place.instances(of: .clones))
                    for root in roots
                    where FileManager.default.fileExists(atPath: root) && !root.hasSuffix(Storage.unfinished) {
                        _ = try Storage.sweepUnfinished(in: root)
                    }
                }
            }
        } catch {
            logger.warning("What was half removed still stands", metadata: ["reason": "\(error)"])
        }
        do { try await bulk.run { [paths] in try SnapshotFolder(paths: paths).sweepHalves(keeping: needed) } } catch {
            logger.warning("Half a snapshot could not be removed", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Telling

    package func storage() async throws(Problem) -> StorageInfo {
        do {
            return try await bulk.run { [self] in
                let method = try Storage.detect(at: paths.freshPlace.root)
                return StorageInfo(method: method.rawValue, pool: try poolInfo(), items: items())
            }
        } catch { throw Problem(.failed, "the storage cannot be looked at: \(error)") }
    }

    private func poolInfo() throws -> StorageInfo.Pool? {
        guard paths.hasPool || paths.isPoolMissing else { return nil }
        let none = ByteCount(bytes: 0)
        guard paths.hasPool else {
            return StorageInfo.Pool(
                path: paths.pool, state: "unmounted", sizeBytes: none, freeBytes: none, reserveBytes: none)
        }
        let space = try Storage.space(at: paths.pool)
        return StorageInfo.Pool(
            path: paths.pool, state: "mounted", sizeBytes: space.size, freeBytes: space.free,
            reserveBytes: Self.reserve(of: space.size))
    }

    private func items() -> [StorageInfo.Item] {
        paths.places.flatMap { place in instances(in: place) + snapshots(in: place) + templates(in: place) }
    }

    private func instances(in place: Place) -> [StorageInfo.Item] {
        Self.names(in: place.instances).flatMap { application in
            Self.names(in: "\(place.instances)/\(application)").compactMap { name in
                let paths = InstancePaths(folder: "\(place.instances)/\(application)/\(name)")
                guard application == ApplicationName.clones.rawValue else {
                    return item("instance", "\(application)/\(name)", paths.data, place)
                }
                // The name of a clone is in its manifest alone; a clone without a name waits in a pool of clones.
                let manifest = FileManager.default.contents(atPath: paths.manifest)
                    .flatMap { try? JSON.decode(Manifest.self, from: $0) }
                let clone = manifest?.service.clone
                guard let given = clone?.name else {
                    return item("pooled", clone?.origin.source ?? name, paths.data, place)
                }
                return item("clone", "\(given)", paths.data, place)
            }
        }
    }

    private func snapshots(in place: Place) -> [StorageInfo.Item] {
        Self.names(in: place.snapshots).flatMap { application in
            Self.names(in: "\(place.snapshots)/\(application)").flatMap { service in
                let folder = "\(place.snapshots)/\(application)/\(service)"
                return Self.names(in: folder).compactMap { id in
                    item("snapshot", "\(application)/\(service) \(id)", "\(folder)/\(id)/data", place)
                }
            }
        }
    }

    private func templates(in place: Place) -> [StorageInfo.Item] {
        Self.names(in: place.templates).flatMap { name in
            Self.names(in: "\(place.templates)/\(name)").compactMap { version in
                item("template", "\(name) \(version)", "\(place.templates)/\(name)/\(version)/data", place)
            }
        }
    }

    /// Nil if the data are gone or incomplete.
    private func item(_ kind: String, _ name: String, _ data: String, _ place: Place) -> StorageInfo.Item? {
        guard let size = try? Storage.size(of: data), let sharing = try? Storage.sharing(of: data) else { return nil }
        return StorageInfo.Item(
            kind: kind, name: name, place: place == paths.poolPlace ? "pool" : "home", sizeBytes: size,
            sharedBytes: sharing.shared, exclusiveBytes: sharing.exclusive)
    }
}
