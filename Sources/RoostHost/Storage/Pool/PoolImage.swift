import CHost
import Glibc
import RoostModel

/// The pool on a machine whose disk cannot reflink: an XFS of its own in one large file, mounted below the home.
///
/// The image takes all of its space when it is made, so that databases in it find no full disk that the pool does not
/// show. Only root can do more than look. All calls block, most for milliseconds; those that allocate, for as long as
/// the disk takes. Not for two tasks at once.
package struct PoolImage: Sendable {
    /// The file, and the folder that it is mounted at.
    package let image: String
    package let mountPoint: String

    /// In the pool's top folder, made once. Where it is missing, nothing may be made: a pool that failed to mount is
    /// not an empty pool.
    package static let marker = ".roost-pool"
    /// What mkfs.xfs makes at least.
    package static let least = ByteCount.mebibytes(300)
    /// What making and growing leave free on the disk, for logs, the store and the system.
    package static let reserve = ByteCount.gibibytes(1)

    package enum State: Sendable {
        case absent, unmounted, mounted
    }

    package init(image: String, mountPoint: String) {
        self.image = image
        self.mountPoint = mountPoint
    }

    /// In the places that a home has for it.
    package init(home: String) { self.init(image: "\(home)/pool.img", mountPoint: "\(home)/pool") }

    /// Throws `.foreignMount` where something without the marker, or without an image, is mounted.
    package func state() throws(HostError) -> State {
        let mount = try Mount.at(mountPoint)
        guard let status = try FileStatus.ifPresent(image) else {
            guard let mount else { return .absent }
            // What a crash left of a pool in the making: making it again clears it away.
            if try isMounted(unfinished, as: mount) { return .absent }
            throw foreign(mount)
        }
        guard status.kind == .regular else { throw .unfitFile(path: image, reason: "is no plain file") }
        guard let mount else { return .unmounted }
        guard try hasMarker() else { throw foreign(mount) }
        return .mounted
    }

    /// Of the mounted pool, as its file system counts: without its log, and what unprivileged users may still write.
    package func space() throws(HostError) -> (size: ByteCount, free: ByteCount) {
        try requireMounted()
        var raw = statvfs()
        guard statvfs(mountPoint, &raw) == 0 else { throw .last("look at the file system of", mountPoint) }
        let unit = Int64(raw.f_frsize)
        return (ByteCount(bytes: Int64(raw.f_blocks) * unit), ByteCount(bytes: Int64(raw.f_bavail) * unit))
    }

    /// The image's name while it is made. What bears it never was a pool.
    var unfinished: String { image + Storage.unfinished }

    func requireRoot() throws(HostError) {
        guard geteuid() == 0 else { throw .pool(.needsRoot) }
    }

    func requireMounted() throws(HostError) {
        switch try state() {
        case .absent: throw .pool(.absent(image: image))
        case .unmounted: throw .pool(.notMounted(mountPoint))
        case .mounted: return
        }
    }

    func hasMarker() throws(HostError) -> Bool {
        try FileStatus.ifPresent("\(mountPoint)/\(Self.marker)")?.kind == .regular
    }

    func foreign(_ mount: Mount) -> HostError { .pool(.foreignMount(mountPoint, what: mount.description)) }

    /// Opens an image to be written to, of whatever name.
    func open(_ path: String) throws(HostError) -> OpenFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last("open", path) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// Whether it is this file that is mounted so.
    func isMounted(_ path: String, as mount: Mount) throws(HostError) -> Bool {
        guard try FileStatus.ifPresent(path)?.kind == .regular else { return false }
        let file = try open(path)
        guard let device = try LoopDevice.bound(to: file) else { return false }
        return try device.carries(mount)
    }

    /// Throws `.diskTooFull` unless the disk keeps `kept` after giving `needed`.
    func checkRoom(for needed: ByteCount, keeping kept: ByteCount) throws(HostError) {
        let free = try Storage.freeSpace(at: try Path.split(image).folder)
        guard free.bytes - kept.bytes >= needed.bytes else {
            throw .pool(.diskTooFull(image: image, needed: needed, free: free, kept: kept))
        }
    }
}

extension OpenFile {
    /// Makes the file `size` bytes long, all of them with blocks of its own; the length last, so that a file is never
    /// longer than what it has.
    func allocate(_ size: ByteCount) throws(HostError) {
        let before = try status().size
        guard chost_reserve(descriptor, off_t(size.bytes)) == 0 else {
            let error = HostError.last("reserve \(size) for", path)
            // Gives back what was got behind the end. It is only space: the first error is the one to tell.
            _ = ftruncate(descriptor, off_t(before))
            throw error
        }
        if before < size.bytes { try resize(to: size.bytes) }
        try sync()
    }
}
