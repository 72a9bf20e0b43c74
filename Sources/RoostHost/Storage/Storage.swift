import CHost
import Glibc
import RoostModel

/// Method of copying a tree. `subvolume` snapshots the whole tree, in the same time at any size. `reflink` copies
/// file by file, sharing blocks until one side writes. `copy` copies all bytes.
package enum StorageMethod: String, Codable, Sendable {
    case subvolume, reflink, copy
}

/// Operations on files and trees of this machine. All of them block, some for as long as the disk takes: call them on
/// a thread pool of your own, never on a thread of the concurrency runtime. Slow operations say so.
package enum Storage {
    /// Suffix of the name of an entry that is being made or removed. Such an entry is never complete, and may be
    /// removed at any start.
    package static let unfinished = ".unfinished"

    /// The best method that the file system at `folder` supports, tested on a subvolume or two files that are removed
    /// afterwards.
    package static func detect(at folder: String) throws(HostError) -> StorageMethod {
        let folder = try Folder(following: folder)
        if try folder.canHoldSubvolumes() { return .subvolume }
        let names = [".roost-probe-1", ".roost-probe-2"].map { FileName("\($0)-\(getpid())\(unfinished)") }
        defer { for name in names { unlinkat(folder.descriptor, name.bytes, 0) } }
        for name in names { try folder.unlink(name) }
        let source = try folder.makeFile(names[0])
        let target = try folder.makeFile(names[1])
        // The open files suffice. A daemon that is killed meanwhile leaves no name behind.
        for name in names { try folder.unlink(name) }
        try source.write([UInt8](repeating: 1, count: 64 << 10).span.bytes, at: 0)
        return try target.cloneAll(of: source) ? .reflink : .copy
    }

    /// Whether both paths are on one file system, so that they can share blocks.
    package static func areTogether(_ one: String, _ other: String) throws(HostError) -> Bool {
        guard let first = try FileStatus.ifPresent(one), let second = try FileStatus.ifPresent(other) else {
            return false
        }
        if first.raw.st_dev == second.raw.st_dev { return true }
        // Subvolumes of a btrfs have different device numbers, although they share blocks.
        let mounts = (chost_mount_id(one), chost_mount_id(other))
        return mounts.0 != 0 && mounts.0 == mounts.1
    }

    /// Space that unprivileged users may still write at `path`.
    package static func freeSpace(at path: String) throws(HostError) -> ByteCount { try space(at: path).free }

    /// Size of the whole file system at `path`, and the space that unprivileged users may still write.
    package static func space(at path: String) throws(HostError) -> (size: ByteCount, free: ByteCount) {
        var raw = statvfs()
        guard statvfs(path, &raw) == 0 else { throw .last("inspect the file system of", path) }
        let block = Int64(raw.f_frsize)
        return (ByteCount(bytes: Int64(raw.f_blocks) * block), ByteCount(bytes: Int64(raw.f_bavail) * block))
    }

    /// The disk space of a tree, without holes. Blocks shared by reflink count in each tree, a file with several
    /// names once. Takes some microseconds a file.
    package static func size(of tree: String) throws(HostError) -> ByteCount {
        guard let status = try FileStatus.ifPresent(tree) else {
            throw .file(path: tree, operation: "inspect", errno: ENOENT)
        }
        guard status.kind == .folder else { return status.allocated }
        var seen: Set<UInt64> = []
        let folder = try Folder(tree)
        return ByteCount(bytes: status.allocated.bytes + (try bytes(below: folder, seen: &seen, depth: 0)))
    }

    private static func bytes(below folder: borrowing Folder, seen: inout Set<UInt64>, depth: Int) throws(HostError)
        -> Int64
    {
        try checkDepth(depth, folder.path)
        var sum: Int64 = 0
        for name in try folder.names() {
            // A running server removes files and folders during the walk.
            guard let status = try folder.statusIfPresent(of: name) else { continue }
            if status.kind != .folder && status.links > 1 && !seen.insert(UInt64(status.raw.st_ino)).inserted {
                continue
            }
            sum += status.allocated.bytes
            guard status.kind == .folder else { continue }
            do throws(HostError) {
                sum += try bytes(below: try folder.folder(name), seen: &seen, depth: depth + 1)
            } catch {
                guard error.isMissing else { throw error }
            }
        }
        return sum
    }

    static func checkDepth(_ depth: Int, _ path: String) throws(HostError) {
        guard depth < Folder.deepest else {
            throw .unfitFile(path: path, reason: "is nested more than \(Folder.deepest) folders deep")
        }
    }
}

extension OpenFile {
    /// Makes this empty file share all blocks of `source`. False where the file system does not support it.
    func cloneAll(of source: borrowing OpenFile) throws(HostError) -> Bool {
        if chost_clone_file(descriptor, source.descriptor) == 0 { return true }
        // EINVAL: btrfs, where one of the two files is exempt from copy-on-write and the other is not.
        if [EOPNOTSUPP, ENOTTY, EXDEV, EINVAL, ENOSYS].contains(errno) { return false }
        throw .last("reflink", path)
    }
}
