import CHost
import Glibc

extension Storage {
    /// Copies a tree that nobody writes to, and returns the method that all of it was copied by: `.copy` as soon as one
    /// file could not be reflinked. Takes as long as the disk does; a reflink, some 20 µs an extent; a snapshot of a
    /// subvolume, which is made of one unless `.copy` is preferred, some microseconds a file.
    ///
    /// Owners, modes, times, symbolic links (as links) and holes are kept; sockets and pipes, which hold no data, are
    /// left out; names of one file become files of their own; extended attributes only a snapshot keeps. The copy is made as
    /// `<target>.unfinished` and gets its name when all of it is on the disk, so that a crash leaves nothing that looks
    /// whole. On failure nothing of it stays.
    ///
    /// `isDurable` false: it may not be on the disk when this returns, and after a crash of the machine what bears its name
    /// may be torn.
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

    /// Has a tree made as `<target>.unfinished`, makes it durable and gives it its name. Its root is a subvolume where the
    /// file system has them. When `fill` returns nil, and on failure, nothing of it stays.
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

    /// Has something made in the target's folder under a name that says that it is unfinished, and gives it its own. When
    /// `make` returns nil, and on failure, nothing of it stays.
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
            // The first error is the one to tell. What cannot be removed now is swept at the next start.
            try? remove(temporary, in: parent)
            throw error
        }
    }
}
