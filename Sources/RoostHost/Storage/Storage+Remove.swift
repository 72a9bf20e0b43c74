import Glibc

extension Storage {
    /// Removes a file or a tree below `root`. No other function removes trees. Idempotent: a missing file is no
    /// error. Takes as long as the disk does.
    ///
    /// Refuses `root` itself and any path that is not below it. Follows no link, neither on the path nor in the tree:
    /// a link is removed, not its target. Refuses a tree that is or contains a mount. The space of a subvolume is
    /// freed some time later. A tree is renamed to `<path>.unfinished` first, so that a half-removed tree is not
    /// mistaken for a complete one.
    package static func removeTree(_ path: String, within root: String) throws(HostError) {
        let names = try Path.below(root, path)
        try removeTree(names[...], in: try Folder(following: root))
    }

    private static func removeTree(_ names: ArraySlice<FileName>, in folder: borrowing Folder) throws(HostError) {
        guard let name = names.first else { return }
        guard let status = try folder.statusIfPresent(of: name) else {
            // An earlier removal may have been killed after its rename.
            if names.count == 1 { try remove(FileName(name.text + unfinished), in: folder) }
            return
        }
        if names.count > 1 { return try removeTree(names.dropFirst(), in: try folder.folderOrMount(name)) }
        if status.kind != .folder || name.text.hasSuffix(unfinished) { return try remove(name, in: folder) }
        // Open before the rename: a mount point is refused here, under its own name.
        _ = try folder.folder(name)
        let doomed = FileName(name.text + unfinished)
        try remove(doomed, in: folder)
        try folder.rename(name, to: doomed)
        try remove(doomed, in: folder)
        try folder.sync()
    }

    /// Removes the unfinished entries directly in `folder`, and returns their names. Only for the start, when nothing
    /// is being made there. Takes as long as the disk does.
    package static func sweepUnfinished(in folder: String) throws(HostError) -> [String] {
        let folder = try Folder(following: folder)
        var removed: [String] = []
        for name in try folder.names() where name.text.hasSuffix(unfinished) {
            try remove(name, in: folder)
            removed.append(name.text)
        }
        return removed
    }

    /// Removes one entry with its whole tree. Idempotent: a missing entry is no error.
    static func remove(_ name: FileName, in folder: borrowing Folder, depth: Int = 0) throws(HostError) {
        try checkDepth(depth, folder.path)
        guard let status = try folder.statusIfPresent(of: name) else { return }
        guard status.kind == .folder else { return try folder.unlink(name) }
        if try folder.removeSubvolume(name, status) { return }
        // A process that is just ending may still make a file after the listing.
        for attempt in 1...3 {
            let doomed = try folder.folder(name)
            for inner in try doomed.names() { try remove(inner, in: doomed, depth: depth + 1) }
            if unlinkat(folder.descriptor, name.bytes, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
            guard errno == ENOTEMPTY, attempt < 3 else { throw .last("remove the folder", folder.path(of: name)) }
        }
    }
}
