import CHost
import Glibc

extension FileStatus {
    /// Numbers of folders that btrfs gives to nothing else.
    private static let subvolumeInode: UInt64 = 256
    private static let leftOutInode: UInt64 = 2

    /// Whether it is the root of a subvolume, if it is on btrfs at all.
    var maybeSubvolume: Bool { kind == .folder && inode == Self.subvolumeInode }
    /// Whether it stands, empty, where what was snapshotted held another subvolume.
    var isSubvolumeLeftOut: Bool { kind == .folder && inode == Self.leftOutInode }
}

extension Folder {
    private var isOnBtrfs: Bool { chost_is_btrfs(descriptor) == 1 }

    /// By trying it: whoever may make one may not always remove it again.
    func canHoldSubvolumes() throws(HostError) -> Bool {
        guard isOnBtrfs else { return false }
        let name = FileName(".roost-probe-3-\(getpid())\(Storage.unfinished)")
        try Storage.remove(name, in: self)
        guard chost_make_subvolume(descriptor, name.bytes) == 0 else { return false }
        if chost_remove_subvolume(descriptor, name.bytes) == 0 { return true }
        try Storage.remove(name, in: self)
        return false
    }

    func isSubvolume() throws(HostError) -> Bool { try file.status().maybeSubvolume && isOnBtrfs }

    /// Makes the root of a tree: a subvolume where the file system has them, so that it can be snapshotted, else a folder.
    func makeRoot(_ name: FileName) throws(HostError) -> Folder {
        guard isOnBtrfs, chost_make_subvolume(descriptor, name.bytes) == 0 else {
            // What keeps a folder from being made as well, it tells itself.
            return try makeFolder(name)
        }
        let made = try folder(name)
        // The kernel takes no mode for it. Nothing is in it yet.
        guard fchmod(made.descriptor, 0o700) == 0 else { throw .last("change the mode of", made.path) }
        return made
    }

    /// Makes a snapshot of the subvolume that `source` is the root of. False where that cannot be.
    func makeSnapshot(_ name: FileName, of source: borrowing Folder) throws(HostError) -> Bool {
        if chost_snapshot_subvolume(descriptor, name.bytes, source.descriptor) == 0 { return true }
        // EPERM: it is another user's. ETXTBSY: it holds a swap file.
        if [EXDEV, EINVAL, EPERM, ENOTTY, EOPNOTSUPP, ETXTBSY].contains(errno) { return false }
        throw .last("snapshot to \(path(of: name))", source.path)
    }

    /// Removes a subvolume as a whole. False: it is none, or has to be emptied first.
    func removeSubvolume(_ name: FileName, _ status: FileStatus) throws(HostError) -> Bool {
        guard status.maybeSubvolume else { return false }
        // A mount point is refused here. What is mounted below it the kernel would unmount, and we refuse.
        let doomed = try folder(name)
        guard doomed.isOnBtrfs, try !Mount.isAny(below: doomed) else { return false }
        return chost_remove_subvolume(descriptor, name.bytes) == 0
    }
}
