import CHost
import Glibc

extension Storage {
    /// Copies a tree that nobody writes to, and returns the method that all of it was copied by: `.copy` as soon as
    /// one file could not be reflinked. A copy takes as long as the disk does; a reflink, some 20 µs an extent; a
    /// snapshot, some microseconds a file. A subvolume is snapshotted unless `.copy` is preferred.
    ///
    /// Owners, modes, times, symbolic links (as links) and holes are kept. Sockets and pipes, which hold no data, are
    /// left out. Hard links become separate files. Extended attributes are kept by a snapshot only. The copy is made
    /// as `<target>.unfinished` and renamed once all of it is on the disk: after a crash, a tree at `target` is
    /// complete. On failure the partial copy is removed.
    ///
    /// `isDurable` false: the copy may not be on the disk when this returns, and after a crash of the machine the
    /// tree at `target` may be incomplete.
    package static func copyTree(
        from source: String, to target: String, preferring method: StorageMethod, isDurable: Bool = true
    ) throws(HostError) -> StorageMethod {
        if method != .copy, try snapshotTree(from: source, to: target) { return .subvolume }
        return try copyTree(
            from: source, to: target, TreeCopy(method: method, startsWriteback: isDurable), isDurable: isDurable)
    }

    static func copyTree(
        from source: String, to target: String, _ copy: TreeCopy, isDurable: Bool = true
    ) throws(HostError) -> StorageMethod {
        _ = try makeTree(at: target, isDurable: isDurable) { made throws(HostError) in
            try copy.copy(try Folder(source), into: made)
            return true
        }
        return copy.method
    }

    /// Makes a tree as `<target>.unfinished`, makes it durable and renames it to `target`. Its root is a subvolume
    /// where the file system has them. If `fill` returns nil or throws, the tree is removed.
    static func makeTree<Result>(
        at target: String, isDurable: Bool = true, fill: (borrowing Folder) throws(HostError) -> Result?
    ) throws(HostError) -> Result? {
        try place(at: target, isDurable: isDurable) { parent, temporary throws(HostError) in
            let made = try parent.makeRoot(temporary)
            guard let result = try fill(made) else { return nil }
            if isDurable { try TreeCopy.sync(made, depth: 0) }
            return result
        }
    }

    /// Makes a file or tree under a temporary name in the target's folder, and renames it to `target`. If `make`
    /// returns nil or throws, the temporary entry is removed.
    static func place<Result>(
        at target: String, isDurable: Bool = true,
        make: (borrowing Folder, FileName) throws(HostError) -> Result?
    ) throws(HostError) -> Result? {
        let (parentPath, name) = try Path.split(target)
        let parent = try Folder(following: parentPath)
        if try parent.statusIfPresent(of: name) != nil { throw .targetExists(path: target) }
        let temporary = FileName(name.text + unfinished)
        try remove(temporary, in: parent)
        do throws(HostError) {
            guard let result = try make(parent, temporary) else {
                try remove(temporary, in: parent)
                return nil
            }
            try renameNew(temporary, in: parent, to: name, in: parent)
            if isDurable { try parent.sync() }
            return result
        } catch {
            // The first error is reported. A temporary entry that cannot be removed now is swept at the next start.
            try? remove(temporary, in: parent)
            throw error
        }
    }
}
