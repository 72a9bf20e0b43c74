import CHost
import Glibc
import RoostModel

/// What a tree takes on the disk: alone, and together with others.
package struct TreeSharing: Equatable, Sendable {
    /// What removing the tree would free.
    package let exclusive: ByteCount
    /// What other files hold as well, be they copies, snapshots or files of the same tree.
    package let shared: ByteCount
}

extension Storage {
    /// What of a tree is its own and what is shared by reflinks, without holes; a file with several names counts once.
    /// Some microseconds a file and an extent. Where the file system does not tell, all is exclusive.
    ///
    /// What was written in the last seconds may have no place on the disk yet: then it counts as it was before.
    /// `syncing` writes each file out first, which takes as long as the disk does.
    package static func sharing(of tree: String, syncing: Bool = false) throws(HostError) -> TreeSharing {
        let (parentPath, name) = try Path.split(tree)
        var walk = SharingWalk(syncing: syncing)
        let parent = try Folder(following: parentPath)
        try walk.add(name, try parent.status(of: name), in: parent, depth: 0)
        return TreeSharing(exclusive: ByteCount(bytes: walk.exclusive), shared: ByteCount(bytes: walk.shared))
    }
}

/// A walk over a tree that adds up extents.
private struct SharingWalk {
    let syncing: Bool
    private(set) var exclusive: Int64 = 0
    private(set) var shared: Int64 = 0
    /// Inodes of files with several names.
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
                // A running server removes files and folders while we look.
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
            throw .last("look at the extents of", file.path)
        }
        exclusive += try file.status().allocated.bytes
    }
}
