import Glibc
import Synchronization

/// A pass over all files, after which the image equals the source for all files that did not change meanwhile.
///
/// The last round, with the source frozen, does the same work as the round before it, so its duration can be
/// predicted.
final class ImageRound: Sendable {
    struct Figures: Sendable, Equatable {
        var duration = Duration.zero
        /// Extents of the source's files, as far as they were listed.
        var extents = 0
        /// Ranges that differed, and files that were copied whole.
        var cloned = 0
    }

    let image: StagedImage
    let listing: TreeListing
    let isFrozen: Bool
    private let start: ContinuousClock.Instant
    /// Inodes that a thread has taken: files may have several names, and get new ones during the pass.
    private let claimed = Mutex<Set<UInt64>>([])
    private let large = Mutex<[FilePair]>([])
    private let figures = Mutex(Figures())

    /// Size up to which a file is copied whole: one call instead of four.
    static let smallest: Int64 = 64 << 10
    /// A file with more extents is split among several threads. This number of extents takes some ten milliseconds.
    static let part = 4096

    init(_ image: StagedImage, isFrozen: Bool) throws(HostError) {
        start = .now
        self.image = image
        self.isFrozen = isFrozen
        listing = try TreeListing(of: image.source, isChanging: !isFrozen)
    }

    func run() throws(HostError) -> Figures {
        try Spread.run(listing.files.count) { number throws(HostError) in
            try self.renew(self.listing.files[number])
        }
        // Empty the list: the pairs refer back to this round, which would be a reference cycle.
        let pairs = large.withLock { pairs in
            defer { pairs = [] }
            return pairs
        }
        let parts = pairs.flatMap { pair in pair.parts.map { (pair: pair, range: $0) } }
        try Spread.run(parts.count) { number throws(HostError) in
            let (pair, range) = parts[number]
            self.count(try pair.renew(range))
        }
        try Spread.run(pairs.count) { number throws(HostError) in try self.finish(pairs[number]) }
        return figures.withLock {
            $0.duration = .now - start
            return $0
        }
    }

    private func renew(_ entry: TreeListing.Entry) throws(HostError) {
        let original: OpenFile
        do throws(HostError) {
            original = try image.source.file(entry.path)
        } catch {
            if !isFrozen, error.isMissing { return }
            throw error
        }
        let status = try original.status()
        let inode = status.inode
        if status.kind != .regular || isFrozen && inode != entry.status.inode {
            // The next round handles the file that has this name by then.
            if !isFrozen { return }
            throw .unfitFile(path: original.path, reason: "changed while the server was frozen")
        }
        guard claimed.withLock({ $0.insert(inode).inserted }) else { return }
        guard let map = image.map(of: inode) else { return try copy(original, inode) }
        let copy = try image.files.ownFile(StagedImage.name(of: inode))
        guard status.size > Self.smallest else { return try renewWhole(original, copy, status) }
        let pair = FilePair(original, copy, map: map, inode: inode, round: self)
        guard try pair.begin() else { return image.set(ExtentMap(), of: inode) }
        guard map.extents.count <= Self.part else { return large.withLock { $0.append(pair) } }
        for range in pair.parts { count(try pair.renew(range)) }
        try finish(pair)
    }

    /// Copies a file that is new since the last round.
    private func copy(_ original: borrowing OpenFile, _ inode: UInt64) throws(HostError) {
        let copy = try image.files.makeFile(StagedImage.name(of: inode))
        // In pieces while other processes write to the file: they would wait for the whole call.
        let isCloned = isFrozen ? try copy.cloneAll(of: original) : try copy.cloneInPieces(of: original)
        guard isCloned else { throw .noReflink(path: image.source.path) }
        var map = ExtentMap()
        let size = try copy.status().size
        // Skipped while the server is frozen: no round follows that needs the map.
        if !isFrozen, size > Self.smallest { map = try ExtentMap(of: copy, in: 0..<size) }
        image.set(map, of: inode)
        count(Figures(extents: max(1, map.extents.count), cloned: 1))
    }

    private func renewWhole(
        _ original: borrowing OpenFile, _ copy: borrowing OpenFile, _ status: FileStatus
    ) throws(HostError) {
        if try copy.status().size != status.size { try copy.resize(to: status.size) }
        try attempt { () throws(HostError) in try copy.clone(0..<0, of: original) }
        image.set(ExtentMap(), of: status.inode)
        count(Figures(extents: 1, cloned: 1))
    }

    private func finish(_ pair: FilePair) throws(HostError) {
        // Skipped while the server is frozen: no round follows that needs the map.
        if !isFrozen { image.set(try pair.mapAfterwards(), of: pair.inode) }
    }

    /// Runs a clone. False if the range cannot be cloned because the file has become shorter: a source that is not
    /// frozen may change at any time, and the next round finds the difference.
    @discardableResult
    func attempt(_ clone: () throws(HostError) -> Void) throws(HostError) -> Bool {
        do throws(HostError) {
            try clone()
            return true
        } catch {
            if !isFrozen, case .file(_, _, EINVAL) = error { return false }
            throw error
        }
    }

    private func count(_ more: Figures) {
        figures.withLock {
            $0.extents += more.extents
            $0.cloned += more.cloned
        }
    }
}
