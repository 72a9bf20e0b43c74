import CHost
import Glibc

extension Storage {
    /// Renames within one file system. Refuses an existing target. `isDurable`: returns once the new name is on the
    /// disk.
    package static func rename(from: String, to: String, isDurable: Bool = true) throws(HostError) {
        let (fromPath, fromName) = try Path.split(from)
        let (toPath, toName) = try Path.split(to)
        let fromFolder = try Folder(following: fromPath)
        let toFolder = try Folder(following: toPath)
        try renameNew(fromName, in: fromFolder, to: toName, in: toFolder)
        guard isDurable else { return }
        // Sync the new name first: after a crash in between both names may exist, but never neither.
        try toFolder.sync()
        if fromPath != toPath { try fromFolder.sync() }
    }

    /// Renames, or copies and removes where the two are on different file systems, which takes as long as the disk
    /// does. A tree at the new path is always complete.
    package static func move(from: String, to: String) throws(HostError) {
        do throws(HostError) { return try rename(from: from, to: to) } catch {
            guard case .file(_, _, EXDEV) = error else { throw error }
        }
        _ = try copyTree(from: from, to: to, preferring: .reflink)
        let (folder, _) = try Path.split(from)
        try removeTree(from, within: folder)
    }

    static func renameNew(
        _ from: FileName, in fromFolder: borrowing Folder, to: FileName, in toFolder: borrowing Folder
    ) throws(HostError) {
        let target = toFolder.path(of: to)
        if chost_rename_new(fromFolder.descriptor, from.bytes, toFolder.descriptor, to.bytes) == 0 { return }
        switch errno {
        case EEXIST: throw .targetExists(path: target)
        // The file system does not support RENAME_NOREPLACE.
        case EINVAL, ENOSYS:
            if try toFolder.statusIfPresent(of: to) != nil { throw .targetExists(path: target) }
            guard renameat(fromFolder.descriptor, from.bytes, toFolder.descriptor, to.bytes) == 0 else {
                throw .last("rename to \(target)", fromFolder.path(of: from))
            }
        default: throw .last("rename to \(target)", fromFolder.path(of: from))
        }
    }
}
