import Glibc
import RoostModel

/// Disk space that is reserved for the store: released when a commit meets a full disk, so that the commit can be
/// tried again, and taken back once there is room.
///
/// A database that fills the disk must not keep Roost from recording what it does about it.
package struct BallastFile: Sendable {
    package static let usualSize = ByteCount.mebibytes(8)

    package let path: String
    package let size: ByteCount

    package init(path: String, size: ByteCount = usualSize) {
        self.path = path
        self.size = size
    }

    /// Whether the space is reserved now. A file whose blocks were never allocated (a sparse or compressed one)
    /// reserves none.
    package var isHeld: Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return Int64(status.st_size) >= size.bytes && Int64(status.st_blocks) * 512 >= size.bytes
    }

    /// Reserves the space if it is not held, and only if three times as much is left for others: on a nearly full
    /// disk it would be released and reserved again at every commit.
    package func take() throws(StoreError) {
        guard !isHeld else { return }
        if let room = StoreFile.room(at: StoreFile.folder(of: path)), room.bytes / 4 < size.bytes {
            throw .full("\(path): no space for a ballast file of \(size)")
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StoreFile.failure("cannot create", path, errno) }
        defer { close(descriptor) }
        var code = posix_fallocate(descriptor, 0, off_t(size.bytes))
        while code == EINTR { code = posix_fallocate(descriptor, 0, off_t(size.bytes)) }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        guard code == 0 else {
            unlink(path)
            throw StoreFile.failure("cannot reserve", path, code)
        }
        guard isHeld else {
            unlink(path)
            throw .unavailable("\(path): this file system cannot reserve space for a file")
        }
    }

    /// Releases the space. False if it was not held, or could not be released.
    package func release() -> Bool {
        guard isHeld else { return false }
        // Truncated and flushed before the unlink: some file systems (XFS) free the blocks of a removed file only
        // later.
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard ftruncate(descriptor, 0) == 0 else { return false }
        fsync(descriptor)
        unlink(path)
        return true
    }
}
