import CHost
import Glibc
import Synchronization

/// A copy of a tree, while it is made.
final class TreeCopy: Sendable {
    /// A source folder and its copy.
    private final class Pair: Sendable {
        let source: Folder
        let target: Folder

        init(_ source: consuming Folder, _ target: consuming Folder) {
            self.source = source
            self.target = target
        }
    }

    /// True until the first file that cannot be reflinked.
    private let reflinks: Atomic<Bool>
    /// Whether other processes write to the source: then vanished files are left out, and a file that became shorter
    /// is copied as it is.
    private let isChanging: Bool
    /// Writeback is started early only for durable copies: the others do not wait for the disk.
    private let startsWriteback: Bool

    init(method: StorageMethod, isChanging: Bool = false, startsWriteback: Bool = true) {
        // In a subvolume that cannot be snapshotted as a whole, each file is reflinked.
        reflinks = Atomic(method != .copy)
        self.isChanging = isChanging
        self.startsWriteback = startsWriteback
    }

    /// The method that all files were copied by so far.
    var method: StorageMethod { reflinks.load(ordering: .relaxed) ? .reflink : .copy }

    func copy(_ source: borrowing Folder, into target: borrowing Folder) throws(HostError) {
        try copy(Pair(try source.again(), try target.again()), depth: 0)
    }

    private func copy(_ pair: Pair, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, pair.source.path)
        var names: [FileName] = []
        let buffer = CopyBuffer()
        for name in try pair.source.names() {
            try unlessGone { () throws(HostError) in
                let status = try pair.source.status(of: name)
                switch status.kind {
                case .folder: names.append(name)
                case .regular: try copyFile(name, pair, buffer)
                case .link: try pair.target.makeLink(name, to: try pair.source.target(ofLink: name), as: status)
                case .pipe, .socket: return
                case .device: throw .device(pair.source.path(of: name))
                }
            }
        }
        let folders = names
        try spread(folders.count, depth: depth) { number throws(HostError) in
            try self.unlessGone { () throws(HostError) in
                let source = try pair.source.folder(folders[number])
                try self.copy(Pair(source, try pair.target.makeFolder(folders[number])), depth: depth + 1)
            }
        }
        // Set attributes last: filling the folder changed its times, and until now no other user could enter it.
        try pair.target.file.setAttributes(of: try pair.source.file.status())
    }

    private func unlessGone(_ work: () throws(HostError) -> Void) throws(HostError) {
        do throws(HostError) { try work() } catch {
            guard isChanging, error.isMissing else { throw error }
        }
    }

    /// A reflink does not wait for the disk, so folders are shared among threads, at the two levels where servers
    /// have many. Bytes are copied one file at a time, and a source that is written to is read by one thread alone,
    /// to slow down its writers less.
    private func spread(
        _ count: Int, depth: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void
    ) throws(HostError) {
        if method == .reflink, !isChanging, depth < 2 { return try Spread.run(count, work) }
        for number in 0..<count { try work(number) }
    }

    private func copyFile(_ name: FileName, _ pair: Pair, _ buffer: CopyBuffer) throws(HostError) {
        let original = try pair.source.file(name)
        // Get the status again through the descriptor: the name may belong to another file by now.
        let status = try original.status()
        guard status.kind == .regular else {
            throw .unfitFile(path: original.path, reason: "changed while it was copied")
        }
        let copy = try pair.target.makeFile(name)
        if !(try reflink(original, to: copy)) {
            try buffer.copyData(of: original, size: status.size, to: copy, mayShrink: isChanging)
        }
        try copy.setAttributes(of: status)
        // Writeback starts for all files before the first fsync, so that one journal commit serves most of them. Only
        // a hint.
        if startsWriteback { _ = chost_start_writeback(copy.descriptor) }
    }

    private func reflink(_ original: borrowing OpenFile, to copy: borrowing OpenFile) throws(HostError) -> Bool {
        guard method == .reflink else { return false }
        if isChanging ? try copy.cloneInPieces(of: original) : try copy.cloneAll(of: original) { return true }
        reflinks.store(false, ordering: .relaxed)
        return false
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

/// Copies the data of a file and skips its holes: a sparse file stays sparse.
final class CopyBuffer {
    private var allocated: UnsafeMutableRawBufferPointer?

    /// 1 MiB, allocated at the first use.
    var bytes: UnsafeMutableRawBufferPointer {
        if let allocated { return allocated }
        let made = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        allocated = made
        return made
    }

    deinit { allocated?.deallocate() }

    /// With `mayShrink`, the copy of a file that became shorter ends where the source ends.
    func copyData(
        of source: borrowing OpenFile, size: Int64, to target: borrowing OpenFile, mayShrink: Bool = false
    ) throws(HostError) {
        var offset: Int64 = 0
        while offset < size {
            let data = Int64(chost_next_data(source.descriptor, off_t(offset)))
            if data < 0 && errno == ENXIO { break }
            guard data >= 0 else { throw .last("read", source.path) }
            let hole = Int64(chost_next_hole(source.descriptor, off_t(data)))
            // The source was truncated in between, at or before `data`.
            if hole < 0 && errno == ENXIO {
                let reached = min(data, try source.status().size)
                return try cutOff(target, at: reached, of: source, mayShrink: mayShrink)
            }
            guard hole >= 0 else { throw .last("read", source.path) }
            // Data appended behind the requested size is not copied.
            if data < size {
                let end = min(hole, size)
                let copied = try copyRange(data..<end, of: source, to: target)
                if copied < end { return try cutOff(target, at: copied, of: source, mayShrink: mayShrink) }
            }
            offset = hole
        }
        // Needed also where the file ends in a hole.
        try target.resize(to: size)
    }

    /// Handles a source that ends before the requested size.
    private func cutOff(
        _ target: borrowing OpenFile, at reached: Int64, of source: borrowing OpenFile, mayShrink: Bool
    ) throws(HostError) {
        guard mayShrink else { throw .unfitFile(path: source.path, reason: "was truncated while it was copied") }
        try target.resize(to: reached)
    }

    /// Returns the offset of the copy's end: less than the range's end only if the source ends there.
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
