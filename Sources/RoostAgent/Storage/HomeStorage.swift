import Foundation
import Logging
import RoostHost
import RoostModel
import RoostTasks

/// The pool of a home, and the use of its disks.
struct HomeStorage: Sendable {
    let disk: HomeDisk
    let reserve: DiskReserve
    let logger: Logger
    /// The pool is changed by one task at a time: a second one would take the unfinished pool for the remains of a
    /// crash.
    private let queue = KeyedQueue()

    init(disk: HomeDisk, reserve: DiskReserve, logger: Logger) {
        self.disk = disk
        self.reserve = reserve
        self.logger = logger
    }

    private var paths: HomePaths { disk.paths }
    private var poolImage: PoolImage { PoolImage(home: paths.home) }

    func makePool(size: ByteCount) async throws(HostFailure) {
        let (image, place) = (poolImage, paths.poolPlace)
        try await queue.inTurn("pool") {
            try await disk.bulk.run {
                try disk.naming("create the pool") {
                    try image.make(size: size)
                    try place.makeFolders()
                }
            }
        }
    }

    func growPool(size: ByteCount) async throws(HostFailure) {
        let image = poolImage
        try await queue.inTurn("pool") {
            try await disk.bulk.run { try disk.naming("grow the pool") { try image.grow(to: size) } }
        }
    }

    /// Throws if the pool has no room for the instances that are outside of it.
    func refuseMove(of instances: [InstanceID]) async throws(HostFailure) {
        try await disk.bulk.run {
            try disk.naming("move it into the pool") {
                let outside = instances.map { paths.homePlace.instance($0).folder }
                let sizes = try outside.filter { try Storage.look(at: $0) != nil }.map {
                    try Storage.size(of: $0).bytes
                }
                try reserve.refuse(ByteCount(bytes: sizes.reduce(0, +)), at: paths.pool, "it")
            }
        }
    }

    /// Free space for copies, without the reserve, and the size of the disk.
    func roomForCopies() async -> (free: ByteCount, size: ByteCount) {
        let root = paths.freshPlace.root
        // If free space cannot be read, report zero.
        let space = try? await disk.pool.run { try Storage.space(at: root) }
        guard let space else { return (ByteCount(bytes: 0), ByteCount(bytes: 0)) }
        return (ByteCount(bytes: max(0, space.free.bytes - DiskReserve.reserve(of: space.size).bytes)), space.size)
    }

    /// Removes half-removed folders.
    func sweepHalves() async {
        do {
            try await disk.bulk.run {
                func folders(in folder: String) -> [String] { HomeDisk.names(in: folder).map { "\(folder)/\($0)" } }
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
            logger.warning("Partly removed files are still there", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Telling

    func info() async throws(Problem) -> StorageInfo {
        do {
            return try await disk.bulk.run {
                let method = try Storage.detect(at: paths.freshPlace.root)
                return StorageInfo(method: method.rawValue, pool: try poolInfo(), items: items())
            }
        } catch { throw Problem(.failed, "the storage cannot be examined: \(error)") }
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
            reserveBytes: DiskReserve.reserve(of: space.size))
    }

    private func items() -> [StorageInfo.Item] {
        paths.places.flatMap { place in instances(in: place) + snapshots(in: place) + templates(in: place) }
    }

    private func instances(in place: Place) -> [StorageInfo.Item] {
        HomeDisk.names(in: place.instances).flatMap { application in
            HomeDisk.names(in: "\(place.instances)/\(application)").compactMap { name in
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
        HomeDisk.names(in: place.snapshots).flatMap { application in
            HomeDisk.names(in: "\(place.snapshots)/\(application)").flatMap { service in
                let folder = "\(place.snapshots)/\(application)/\(service)"
                return HomeDisk.names(in: folder).compactMap { id in
                    item("snapshot", "\(application)/\(service) \(id)", "\(folder)/\(id)/data", place)
                }
            }
        }
    }

    private func templates(in place: Place) -> [StorageInfo.Item] {
        HomeDisk.names(in: place.templates).flatMap { name in
            HomeDisk.names(in: "\(place.templates)/\(name)").compactMap { version in
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
