import CHost
import Glibc
import RoostModel

/// The disk space of a tree: blocks of its own, and blocks shared with other files.
package struct TreeSharing: Equatable, Sendable {
    /// Space that removing the tree would free.
    package let exclusive: ByteCount
    /// Space that other files use as well: copies, snapshots or files of the same tree.
    package let shared: ByteCount
}

extension Storage {
    /// The exclusive space of a tree and the space shared by reflinks, without holes; a file with several names
    /// counts once. Takes some microseconds a file and an extent. Where the file system does not report sharing, all
    /// space is exclusive.
    ///
    /// Data written in the last seconds may not be allocated on the disk yet, and is then counted as before the
    /// write. `syncing` writes each file out first, which takes as long as the disk does.
    package static func sharing(of tree: String, syncing: Bool = false) throws(HostError) -> TreeSharing {
        let (parentPath, name) = try Path.split(tree)
        var walk = SharingWalk(syncing: syncing)
        let parent = try Folder(following: parentPath)
        try walk.add(name, try parent.status(of: name), in: parent, depth: 0)
        return TreeSharing(exclusive: ByteCount(bytes: walk.exclusive), shared: ByteCount(bytes: walk.shared))
    }
}

/// A walk over a tree that adds up its extents.
private struct SharingWalk {
    let syncing: Bool
    private(set) var exclusive: Int64 = 0
    private(set) var shared: Int64 = 0
    /// Inodes already counted, of files with several names.
    private var seen: Set<UInt64> = []

    init(syncing: Bool) { self.syncing = syncing }

    mutating func add(
        _ name: FileName, _ status: FileStatus, in folder: borrowing Folder, depth: Int
    ) throws(HostError) {
        if status.kind != .folder && status.links > 1 && !seen.insert(UInt64(status.raw.st_ino)).inserted { return }
        switch status.kind {
        case .folder:
            exclusive += status.allocated.bytes
            try addContents(of: try depth == 0 ? folder.folderOrMount(name) : folder.folder(name), depth: depth)
        case .regular: try addExtents(of: try folder.file(name))
        case .link, .pipe, .socket, .device: exclusive += status.allocated.bytes
        }
    }

    private mutating func addContents(of folder: borrowing Folder, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, folder.path)
        for name in try folder.names() {
            do throws(HostError) {
                try add(name, try folder.status(of: name), in: folder, depth: depth + 1)
            } catch {
                // A running server removes files and folders during the walk.
                guard error.isMissing else { throw error }
            }
        }
    }

    private mutating func addExtents(of file: borrowing OpenFile) throws(HostError) {
        var sums = chost_extent_sums()
        if chost_extents_sum(file.descriptor, syncing, &sums) == 0 {
            exclusive += Int64(sums.exclusive)
            shared += Int64(sums.shared)
            return
        }
        guard [EOPNOTSUPP, ENOTTY, EINVAL, ENOSYS].contains(errno) else {
            throw .last("read the extents of", file.path)
        }
        exclusive += try file.status().allocated.bytes
    }
}
