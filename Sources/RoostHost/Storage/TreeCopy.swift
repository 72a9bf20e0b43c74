import CHost
import Glibc

/// A copy in the making.
struct TreeCopy {
    /// Falls to `.copy` at the first file that cannot be reflinked.
    private(set) var method: StorageMethod
    /// Whether somebody writes to the source: then what vanishes is left out, and what shrinks is taken as it is.
    private let isChanging: Bool
    private let buffer = CopyBuffer()

    /// Not worth its time where nobody waits for the disk.
    private let startsWriteback: Bool

    init(method: StorageMethod, isChanging: Bool = false, startsWriteback: Bool = true) {
        // File by file, which is what is left of it where the whole cannot be snapshotted.
        self.method = method == .subvolume ? .reflink : method
        self.isChanging = isChanging
        self.startsWriteback = startsWriteback
    }

    mutating func copy(_ source: borrowing Folder, into target: borrowing Folder, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, source.path)
        for name in try source.names() {
            do throws(HostError) {
                try copyEntry(name, from: source, into: target, depth: depth)
            } catch {
                guard isChanging, error.isMissing else { throw error }
            }
        }
        // Last: filling the folder changed its times, and until now nobody else could enter it.
        let status = try source.file.status()
        try target.file.setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
        try target.file.setTimes(status.times)
    }

    private mutating func copyEntry(
        _ name: FileName, from source: borrowing Folder, into target: borrowing Folder, depth: Int
    ) throws(HostError) {
        let status = try source.status(of: name)
        switch status.kind {
        case .folder: try copy(try source.folder(name), into: try target.makeFolder(name), depth: depth + 1)
        case .regular: try copyFile(name, from: source, to: target)
        case .link: try target.makeLink(name, to: try source.target(ofLink: name), as: status)
        case .pipe, .socket: return
        case .device: throw .device(source.path(of: name))
        }
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
            let isCloned = isChanging ? try copy.cloneInPieces(of: original) : try copy.cloneAll(of: original)
            if !isCloned { method = .copy }
        }
        if method == .copy {
            try buffer.copyData(of: original, size: status.size, to: copy, mayShrink: isChanging)
        }
        try copy.setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
        try copy.setTimes(status.times)
        // Begun for all files before the first is waited for: one journal commit then serves most of them. Only a hint.
        if startsWriteback { _ = chost_start_writeback(copy.descriptor) }
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

    /// `mayShrink`: the copy then ends where the source was found to end.
    func copyData(
        of source: borrowing OpenFile, size: Int64, to target: borrowing OpenFile, mayShrink: Bool = false
    ) throws(HostError) {
        var offset: Int64 = 0
        while offset < size {
            let data = Int64(chost_next_data(source.descriptor, off_t(offset)))
            if data < 0 && errno == ENXIO { break }
            guard data >= 0 else { throw .last("read", source.path) }
            let hole = Int64(chost_next_hole(source.descriptor, off_t(data)))
            // Cut off in between, at or before the data that stood there.
            if hole < 0 && errno == ENXIO {
                let reached = min(data, try source.status().size)
                return try cutOff(target, at: reached, of: source, mayShrink: mayShrink)
            }
            guard hole >= 0 else { throw .last("read", source.path) }
            // Somebody appends: what is behind the size that was asked for is not wanted.
            if data < size {
                let end = min(hole, size)
                let copied = try copyRange(data..<end, of: source, to: target)
                if copied < end { return try cutOff(target, at: copied, of: source, mayShrink: mayShrink) }
            }
            offset = hole
        }
        // Also where the file ends in a hole.
        try target.resize(to: size)
    }

    /// The source was found to end before the size that was asked for.
    private func cutOff(
        _ target: borrowing OpenFile, at reached: Int64, of source: borrowing OpenFile, mayShrink: Bool
    ) throws(HostError) {
        guard mayShrink else { throw .unfitFile(path: source.path, reason: "became shorter while it was copied") }
        try target.resize(to: reached)
    }

    /// Returns where it ended: before the range's end only if the source does.
    private func copyRange(
        _ range: Range<Int64>, of source: borrowing OpenFile, to target: borrowing OpenFile
    ) throws(HostError) -> Int64 {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: bytes[..<min(bytes.count, Int(range.upperBound - offset))])
            let count = try source.read(into: part, at: offset)
            try target.write(UnsafeRawBufferPointer(rebasing: part[..<count]), at: offset)
            offset += Int64(count)
            if count < part.count { break }
        }
        return offset
    }
}
