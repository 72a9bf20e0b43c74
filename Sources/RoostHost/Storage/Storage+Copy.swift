import CHost
import Glibc

extension Storage {
    /// Copies a tree that nobody writes to, and returns the method that all of it was copied by: `.copy` as soon as one
    /// file could not be reflinked. Takes as long as the disk does; a reflink, some 20 µs an extent.
    ///
    /// Owners, modes, times, symbolic links (as links) and holes are kept; sockets and pipes, which hold no data, are
    /// left out; names of one file become files of their own; extended attributes are not kept. The copy is made as
    /// `<target>.unfinished` and gets its name when all of it is on the disk, so that a crash leaves nothing that looks
    /// whole. On failure nothing of it stays.
    package static func copyTree(
        from source: String, to target: String, preferring method: StorageMethod
    ) throws(HostError) -> StorageMethod {
        let (parentPath, name) = try Path.split(target)
        let parent = try Folder(following: parentPath)
        if try parent.statusIfPresent(of: name) != nil { throw .targetExists(path: target) }
        let original = try Folder(source)
        let temporary = FileName(name.text + unfinished)
        try remove(temporary, in: parent)
        var copy = TreeCopy(method: method)
        do throws(HostError) {
            let made = try parent.makeFolder(temporary)
            try copy.copy(original, into: made, depth: 0)
            try TreeCopy.sync(made, depth: 0)
            try renameNew(temporary, in: parent, to: name, in: parent)
            try parent.sync()
        } catch {
            // The first error is the one to tell. What cannot be removed now is swept at the next start.
            try? remove(temporary, in: parent)
            throw error
        }
        return copy.method
    }
}

/// A copy in the making.
struct TreeCopy {
    /// Falls to `.copy` at the first file that cannot be reflinked.
    private(set) var method: StorageMethod
    private let buffer = CopyBuffer()

    init(method: StorageMethod) { self.method = method }

    mutating func copy(_ source: borrowing Folder, into target: borrowing Folder, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, source.path)
        for name in try source.names() {
            let status = try source.status(of: name)
            switch status.kind {
            case .folder: try copy(try source.folder(name), into: try target.makeFolder(name), depth: depth + 1)
            case .regular: try copyFile(name, from: source, to: target)
            case .link: try copyLink(name, status, from: source, to: target)
            case .pipe, .socket: continue
            case .device:
                throw .unfitFile(path: source.path(of: name), reason: "is a device, which no database's folder holds")
            }
        }
        // Last: filling the folder changed its times, and until now nobody else could enter it.
        let status = try source.file.status()
        try target.file.setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
        try target.file.setTimes(status.times)
    }

    private mutating func copyFile(
        _ name: FileName, from source: borrowing Folder, to target: borrowing Folder
    ) throws(HostError) {
        let original = try source.file(name)
        // Looked at again through the descriptor: the name may have passed to something else.
        let status = try original.status()
        guard status.kind == .regular else {
            throw .unfitFile(path: original.path, reason: "changed while it was copied")
        }
        let copy = try target.makeFile(name)
        if method == .reflink {
            if try !copy.cloneAll(of: original) { method = .copy }
        }
        if method == .copy { try buffer.copyData(of: original, size: status.size, to: copy) }
        try copy.setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
        try copy.setTimes(status.times)
        // Begun for all files before the first is waited for: one journal commit then serves most of them. Only a hint.
        _ = chost_start_writeback(copy.descriptor)
    }

    private func copyLink(
        _ name: FileName, _ status: FileStatus, from source: borrowing Folder, to target: borrowing Folder
    ) throws(HostError) {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let path = target.path(of: name)
        guard readlinkat(source.descriptor, name.bytes, &text, Int(PATH_MAX)) >= 0 else {
            throw .last("read the link", source.path(of: name))
        }
        guard symlinkat(text, target.descriptor, name.bytes) == 0 else { throw .last("make the link", path) }
        if status.uid != geteuid() || status.gid != getegid() {
            let handle = try target.handle(name)
            guard chost_change_owner(handle.descriptor, status.uid, status.gid) == 0 else {
                throw .last("change the owner of", path)
            }
        }
        guard utimensat(target.descriptor, name.bytes, status.times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .last("set the times of", path)
        }
    }

    /// Makes a tree durable: each file, then the folder that names it.
    static func sync(_ folder: borrowing Folder, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, folder.path)
        for name in try folder.names() {
            switch try folder.status(of: name).kind {
            case .folder: try sync(try folder.folder(name), depth: depth + 1)
            case .regular: try folder.file(name).sync()
            case .link, .pipe, .socket, .device: continue
            }
        }
        try folder.sync()
    }
}

/// Copies what a file holds, and leaves out what it does not: a sparse file stays sparse.
final class CopyBuffer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

    deinit { bytes.deallocate() }

    func copyData(of source: borrowing OpenFile, size: Int64, to target: borrowing OpenFile) throws(HostError) {
        var offset: Int64 = 0
        while offset < size {
            let data = Int64(chost_next_data(source.descriptor, off_t(offset)))
            if data < 0 && errno == ENXIO { break }
            guard data >= 0 else { throw .last("read", source.path) }
            let hole = Int64(chost_next_hole(source.descriptor, off_t(data)))
            guard hole >= 0 else { throw .last("read", source.path) }
            // Somebody appends: what is behind the size that was asked for is not wanted.
            if data < size { try copyRange(data..<min(hole, size), of: source, to: target) }
            offset = hole
        }
        // Also where the file ends in a hole.
        try target.resize(to: size)
    }

    private func copyRange(
        _ range: Range<Int64>, of source: borrowing OpenFile, to target: borrowing OpenFile
    ) throws(HostError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: bytes[..<min(bytes.count, Int(range.upperBound - offset))])
            let count = try source.read(into: part, at: offset)
            guard count == part.count else {
                throw .unfitFile(path: source.path, reason: "became shorter while it was copied")
            }
            try target.write(UnsafeRawBufferPointer(part), at: offset)
            offset += Int64(count)
        }
    }
}
