import Glibc

extension StagedImage {
    /// Gives the files the names that the source had in `listing`, with folders, links, owners, modes and times.
    /// Removes files that the source no longer had.
    func arrange(as listing: TreeListing, in image: borrowing Folder) throws(HostError) {
        for folder in listing.folders { _ = try image.makeFolder(folder.path) }
        var names: [UInt64: FileName] = [:]
        for file in listing.files {
            try place(file, in: image, names: &names)
        }
        for (link, target) in listing.links { try image.makeLink(link.path, to: target, as: link.status) }
        try Storage.remove(Self.folder, in: image)
        // Set attributes last, the innermost folders first: filling a folder changes its times, and until now no
        // other user could enter it.
        for folder in listing.folders.reversed() {
            try image.folder(folder.path).file.setAttributes(of: folder.status)
        }
        try image.file.setAttributes(of: listing.root)
    }

    /// Moves a file to its path. Hard links become separate files.
    private func place(
        _ entry: TreeListing.Entry, in image: borrowing Folder, names: inout [UInt64: FileName]
    ) throws(HostError) {
        let inode = entry.status.inode
        if let twin = names[inode] {
            let copy = try image.makeFile(entry.path)
            guard try copy.cloneAll(of: try image.file(twin)) else { throw .noReflink(path: source.path) }
            return try copy.setAttributes(of: entry.status)
        }
        let from = Self.name(of: inode)
        guard renameat(files.descriptor, from.bytes, image.descriptor, entry.path.bytes) == 0 else {
            throw .last("rename", image.path(of: entry.path))
        }
        names[inode] = entry.path
        try image.file(entry.path).setAttributes(of: entry.status)
    }
}

extension OpenFile {
    /// Sets owner, mode and times.
    func setAttributes(of status: FileStatus) throws(HostError) {
        try setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
        try setTimes(status.times)
    }
}
