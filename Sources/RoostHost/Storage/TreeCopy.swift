import CHost
import Glibc
import Synchronization

/// A copy in the making.
final class TreeCopy: Sendable {
    /// A folder and the one that becomes its copy.
    private final class Pair: Sendable {
        let source: Folder
        let target: Folder

        init(_ source: consuming Folder, _ target: consuming Folder) {
            self.source = source
            self.target = target
        }
    }

    /// Until the first file that cannot be reflinked.
    private let reflinks: Atomic<Bool>
    /// Whether somebody writes to the source: then what vanishes is left out, and what shrinks is taken as it is.
    private let isChanging: Bool
    /// Not worth its time where nobody waits for the disk.
    private let startsWriteback: Bool

    init(method: StorageMethod, isChanging: Bool = false, startsWriteback: Bool = true) {
        // Of a subvolume that cannot be snapshotted as a whole, each file is reflinked.
        reflinks = Atomic(method != .copy)
        self.isChanging = isChanging
        self.startsWriteback = startsWriteback
    }

    /// How all of it was copied so far.
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
        // Last: filling the folder changed its times, and until now nobody else could enter it.
        try pair.target.file.setAttributes(of: try pair.source.file.status())
    }

    private func unlessGone(_ work: () throws(HostError) -> Void) throws(HostError) {
        do throws(HostError) { try work() } catch {
            guard isChanging, error.isMissing else { throw error }
        }
    }

    /// A reflink waits for no disk, so folders are shared among threads, at the two levels where servers have many. Bytes
    /// are copied one file at a time, and where somebody writes meanwhile he should be slowed down by one thread alone.
    private func spread(
        _ count: Int, depth: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void
    ) throws(HostError) {
        if method == .reflink, !isChanging, depth < 2 { return try Spread.run(count, work) }
        for number in 0..<count { try work(number) }
    }

    private func copyFile(_ name: FileName, _ pair: Pair, _ buffer: CopyBuffer) throws(HostError) {
        let original = try pair.source.file(name)
        // Looked at again through the descriptor: the name may have passed to something else.
        let status = try original.status()
        guard status.kind == .regular else {
            throw .unfitFile(path: original.path, reason: "changed while it was copied")
        }
        let copy = try pair.target.makeFile(name)
        if !(try reflink(original, to: copy)) {
            try buffer.copyData(of: original, size: status.size, to: copy, mayShrink: isChanging)
        }
        try copy.setAttributes(of: status)
        // Begun for all files before the first is waited for: one journal commit then serves most of them. Only a hint.
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

/// Copies what a file holds, and leaves out what it does not: a sparse file stays sparse.
final class CopyBuffer {
    private var allocated: UnsafeMutableRawBufferPointer?

    /// 1 MiB, taken when it is first needed.
    var bytes: UnsafeMutableRawBufferPointer {
        if let allocated { return allocated }
        let made = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        allocated = made
        return made
    }

    deinit { allocated?.deallocate() }

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
