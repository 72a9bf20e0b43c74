import CHost
import Glibc

extension Storage {
    /// Renames within one file system. Refuses an existing target. `isDurable`: returns once the new name is on the disk.
    package static func rename(from: String, to: String, isDurable: Bool = true) throws(HostError) {
        let (fromPath, fromName) = try Path.split(from)
        let (toPath, toName) = try Path.split(to)
        let fromFolder = try Folder(following: fromPath)
        let toFolder = try Folder(following: toPath)
        try renameNew(fromName, in: fromFolder, to: toName, in: toFolder)
        guard isDurable else { return }
        // The new name first: a crash in between may show both, but never none.
        try toFolder.sync()
        if fromPath != toPath { try fromFolder.sync() }
    }

    /// Renames, or copies and removes where the two are on different file systems. Takes as long as the disk does then.
    /// Under its new name the tree is whole.
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
        // A file system that cannot refuse by itself.
        case EINVAL, ENOSYS:
            if try toFolder.statusIfPresent(of: to) != nil { throw .targetExists(path: target) }
            guard renameat(fromFolder.descriptor, from.bytes, toFolder.descriptor, to.bytes) == 0 else {
                throw .last("rename to \(target)", fromFolder.path(of: from))
            }
        default: throw .last("rename to \(target)", fromFolder.path(of: from))
        }
    }
}
