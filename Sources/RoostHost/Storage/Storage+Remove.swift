import Glibc

extension Storage {
    /// Removes a file or a tree below `root`: the one function that does. Nothing there is fine. Takes as long as the
    /// disk does.
    ///
    /// Refuses `root` itself and whatever is not below it; follows no link, neither on the way nor in the tree (a link
    /// is removed, not what it names); a tree that is or holds a mount is refused. The space of a subvolume comes back some
    /// time later. A tree is renamed to
    /// `<path>.unfinished` first, so that one that is half removed is not mistaken for a whole one.
    package static func removeTree(_ path: String, within root: String) throws(HostError) {
        let names = try Path.below(root, path)
        try removeTree(names[...], in: try Folder(following: root))
    }

    private static func removeTree(_ names: ArraySlice<FileName>, in folder: borrowing Folder) throws(HostError) {
        guard let name = names.first else { return }
        guard let status = try folder.statusIfPresent(of: name) else {
            // What a removal that was killed had renamed already.
            if names.count == 1 { try remove(FileName(name.text + unfinished), in: folder) }
            return
        }
        if names.count > 1 { return try removeTree(names.dropFirst(), in: try folder.folderOrMount(name)) }
        if status.kind != .folder || name.text.hasSuffix(unfinished) { return try remove(name, in: folder) }
        // Opened before it is renamed: a mount point is refused here, under its own name.
        _ = try folder.folder(name)
        let doomed = FileName(name.text + unfinished)
        try remove(doomed, in: folder)
        try folder.rename(name, to: doomed)
        try remove(doomed, in: folder)
        try folder.sync()
    }

    /// Removes what bears the mark of the unfinished directly in `folder`, and returns the names. For the start, when
    /// nothing is being made there. Takes as long as the disk does.
    package static func sweepUnfinished(in folder: String) throws(HostError) -> [String] {
        let folder = try Folder(following: folder)
        var removed: [String] = []
        for name in try folder.names() where name.text.hasSuffix(unfinished) {
            try remove(name, in: folder)
            removed.append(name.text)
        }
        return removed
    }

    /// Removes one entry with all that is below it. Nothing there is fine.
    static func remove(_ name: FileName, in folder: borrowing Folder, depth: Int = 0) throws(HostError) {
        try checkDepth(depth, folder.path)
        guard let status = try folder.statusIfPresent(of: name) else { return }
        guard status.kind == .folder else { return try folder.unlink(name) }
        if try folder.removeSubvolume(name, status) { return }
        // A process that is just ending may still make a file behind us.
        for attempt in 1...3 {
            let doomed = try folder.folder(name)
            for inner in try doomed.names() { try remove(inner, in: doomed, depth: depth + 1) }
            if unlinkat(folder.descriptor, name.bytes, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
            guard errno == ENOTEMPTY, attempt < 3 else { throw .last("remove the folder", folder.path(of: name)) }
        }
    }
}
