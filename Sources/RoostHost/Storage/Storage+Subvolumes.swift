import Glibc
import RoostModel

extension Storage {
    /// Makes an empty folder as the root of a future tree: a subvolume where the file system has them, so that copies
    /// take no time. Refuses an existing folder; the parent must exist. Durable.
    package static func makeRoot(
        _ path: String, mode: UInt32 = 0o755, owner: ServerUser? = nil
    ) throws(HostError) {
        let (parentPath, name) = try Path.split(path)
        let parent = try Folder(following: parentPath)
        let made = try parent.makeRoot(name)
        let status = try made.file.status()
        try made.file.setOwner(
            uid: owner?.uid ?? status.uid, gid: owner?.gid ?? status.gid, mode: mode_t(mode))
        try made.sync()
        try parent.sync()
    }

    /// Copies a whole subvolume durably by a snapshot. False, with nothing left behind, where `source` is no
    /// subvolume's root or the target is on another file system. Also false where a snapshot would not keep the
    /// promise of `copyTree`: for trees with hard links, and for trees with nested subvolumes or mounts, which a
    /// snapshot holds as empty folders only.
    static func snapshotTree(from source: String, to target: String) throws(HostError) -> Bool {
        let original = try Folder(source)
        guard try original.isSubvolume(), try !Mount.isAny(below: original) else { return false }
        let made = try place(at: target) { parent, temporary throws(HostError) -> Bool? in
            guard try parent.makeSnapshot(temporary, of: original) else { return nil }
            return try strip(try parent.folder(temporary), depth: 0) ? true : nil
        }
        return made ?? false
    }

    /// Removes sockets and pipes, which hold no data. False if the tree is unfit for a snapshot. Needs no sync of its
    /// own: renaming a subvolume makes the file system write out all earlier changes.
    private static func strip(_ folder: borrowing Folder, depth: Int) throws(HostError) -> Bool {
        try checkDepth(depth, folder.path)
        let times = try folder.file.status().times
        var isChanged = false
        for name in try folder.names() {
            let status = try folder.status(of: name)
            switch status.kind {
            case .folder:
                guard !status.isSubvolumeLeftOut, try strip(try folder.folder(name), depth: depth + 1) else {
                    return false
                }
            case .regular: guard status.links == 1 else { return false }
            case .link: continue
            case .pipe, .socket:
                try folder.unlink(name)
                isChanged = true
            case .device: throw .device(folder.path(of: name))
            }
        }
        if isChanged { try folder.file.setTimes(times) }
        return true
    }
}
