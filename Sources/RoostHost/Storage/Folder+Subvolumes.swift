import CHost
import Glibc

extension FileStatus {
    /// Inode numbers that btrfs reserves: of a subvolume's root, and of the empty folder that replaces a nested
    /// subvolume in a snapshot.
    private static let subvolumeInode: UInt64 = 256
    private static let leftOutInode: UInt64 = 2

    /// Whether this is the root of a subvolume, provided that it is on btrfs.
    var maybeSubvolume: Bool { kind == .folder && inode == Self.subvolumeInode }
    /// Whether this is the empty folder that a snapshot has in place of a nested subvolume.
    var isSubvolumeLeftOut: Bool { kind == .folder && inode == Self.leftOutInode }
}

extension Folder {
    private var isOnBtrfs: Bool { chost_is_btrfs(descriptor) == 1 }

    /// Tested by making and removing a subvolume: a user who may make one is not always allowed to remove it.
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

    /// Makes the root of a tree: a subvolume where the file system has them, so that it can be snapshotted, else a
    /// folder.
    func makeRoot(_ name: FileName) throws(HostError) -> Folder {
        guard isOnBtrfs, chost_make_subvolume(descriptor, name.bytes) == 0 else {
            // `makeFolder` reports its own error if the folder cannot be made either.
            return try makeFolder(name)
        }
        let made = try folder(name)
        // The kernel takes no mode for a subvolume. The subvolume is still empty here.
        guard fchmod(made.descriptor, 0o700) == 0 else { throw .last("change the mode of", made.path) }
        return made
    }

    /// Makes a snapshot of the subvolume whose root is `source`. False where that is impossible.
    func makeSnapshot(_ name: FileName, of source: borrowing Folder) throws(HostError) -> Bool {
        if chost_snapshot_subvolume(descriptor, name.bytes, source.descriptor) == 0 { return true }
        // EPERM: the subvolume is another user's. ETXTBSY: it holds a swap file.
        if [EXDEV, EINVAL, EPERM, ENOTTY, EOPNOTSUPP, ETXTBSY].contains(errno) { return false }
        throw .last("snapshot to \(path(of: name))", source.path)
    }

    /// Removes a subvolume as a whole. False if it is no subvolume, or has to be emptied first.
    func removeSubvolume(_ name: FileName, _ status: FileStatus) throws(HostError) -> Bool {
        guard status.maybeSubvolume else { return false }
        // Opening the folder fails for a mount point. Mounts below it are refused: the kernel would unmount them.
        let doomed = try folder(name)
        guard doomed.isOnBtrfs, try !Mount.isAny(below: doomed) else { return false }
        return chost_remove_subvolume(descriptor, name.bytes) == 0
    }
}
