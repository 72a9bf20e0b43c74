import CHost
import Glibc
import RoostModel

/// The pool of a machine whose disk cannot reflink: a separate XFS in one large file, mounted below the home.
///
/// All of the image's space is allocated when it is made, so that databases in it never hit a full disk while the
/// pool still shows free space. Only root can change the pool; other users can only read its state. All calls block,
/// most for milliseconds; calls that allocate block for as long as the disk takes. Not for concurrent use by two
/// tasks.
package struct PoolImage: Sendable {
    /// The image file, and its mount point.
    package let image: String
    package let mountPoint: String

    /// A file in the pool's top folder, made once. Without the marker nothing may be made in the folder: a pool that
    /// failed to mount is not an empty pool.
    package static let marker = ".roost-pool"
    /// The smallest size that mkfs.xfs accepts.
    package static let least = ByteCount.mebibytes(300)
    /// Space that making and growing leave free on the disk, for logs, the store and the system.
    package static let reserve = ByteCount.gibibytes(1)

    package enum State: Sendable {
        case absent, unmounted, mounted
    }

    package init(image: String, mountPoint: String) {
        self.image = image
        self.mountPoint = mountPoint
    }

    /// The image and mount point at their default paths in a home.
    package init(home: String) { self.init(image: "\(home)/pool.img", mountPoint: "\(home)/pool") }

    /// Throws `.foreignMount` where a file system without the marker, or without an image, is mounted.
    package func state() throws(HostError) -> State {
        let mount = try Mount.at(mountPoint)
        guard let status = try FileStatus.ifPresent(image) else {
            guard let mount else { return .absent }
            // Remains of a crash while a pool was made: the next `make` removes them.
            if try isMounted(unfinished, as: mount) { return .absent }
            throw foreign(mount)
        }
        guard status.kind == .regular else { throw .unfitFile(path: image, reason: "is not a regular file") }
        guard let mount else { return .unmounted }
        guard try hasMarker() else { throw foreign(mount) }
        return .mounted
    }

    /// Size and free space of the mounted pool, as its file system counts: without its log, and only what
    /// unprivileged users may still write.
    package func space() throws(HostError) -> (size: ByteCount, free: ByteCount) {
        try requireMounted()
        var raw = statvfs()
        guard statvfs(mountPoint, &raw) == 0 else { throw .last("inspect the file system of", mountPoint) }
        let unit = Int64(raw.f_frsize)
        return (ByteCount(bytes: Int64(raw.f_blocks) * unit), ByteCount(bytes: Int64(raw.f_bavail) * unit))
    }

    /// The image's path while it is made. A file with this name never was a pool.
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

    /// Opens the image at `path` for writing.
    func open(_ path: String) throws(HostError) -> OpenFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last("open", path) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// Whether `mount` is the mount of the image at `path`.
    func isMounted(_ path: String, as mount: Mount) throws(HostError) -> Bool {
        guard try FileStatus.ifPresent(path)?.kind == .regular else { return false }
        let file = try open(path)
        guard let device = try LoopDevice.bound(to: file) else { return false }
        return try device.carries(mount)
    }

    /// Throws `.diskTooFull` unless the disk still has `kept` free after allocating `needed`.
    func checkRoom(for needed: ByteCount, keeping kept: ByteCount) throws(HostError) {
        let free = try Storage.freeSpace(at: try Path.split(image).folder)
        guard free.bytes - kept.bytes >= needed.bytes else {
            throw .pool(.diskTooFull(image: image, needed: needed, free: free, kept: kept))
        }
    }
}

extension OpenFile {
    /// Extends the file to `size` bytes, all of them allocated. The length is set last, so that a file is never
    /// longer than its allocated space.
    func allocate(_ size: ByteCount) throws(HostError) {
        let before = try status().size
        guard chost_reserve(descriptor, off_t(size.bytes)) == 0 else {
            let error = HostError.last("reserve \(size) for", path)
            // Frees the space allocated behind the end. A failure costs only space: the first error is the one to
            // report.
            _ = ftruncate(descriptor, off_t(before))
            throw error
        }
        if before < size.bytes { try resize(to: size.bytes) }
        try sync()
    }
}
