import CHost
import Glibc
import Synchronization

/// A larger file and its copy from an earlier round, while the copy is brought up to date.
final class FilePair: Sendable {
    let inode: UInt64
    private let original: OpenFile
    private let copy: OpenFile
    /// The copy's map from the round before.
    private let map: ExtentMap
    private let round: ImageRound
    private let state = Mutex(State())

    private struct State {
        var size: Int64 = 0
        /// Offset up to which `map` is still valid.
        var known: Int64 = 0
        /// Ranges that were cloned in this round.
        var changed: [Range<Int64>] = []
    }

    init(
        _ original: consuming OpenFile, _ copy: consuming OpenFile, map: ExtentMap, inode: UInt64, round: ImageRound
    ) {
        self.original = original
        self.copy = copy
        self.map = map
        self.inode = inode
        self.round = round
    }

    private var blockSize: Int64 { round.image.blockSize }

    /// Gives the copy the original's size. False if the original is just being truncated to nearly nothing.
    func begin() throws(HostError) -> Bool {
        // Dirty pages go to the disk while other files are begun. Only a hint.
        _ = chost_start_writeback(original.descriptor)
        // Clone any one block: cloning waits for direct I/O in flight, which may still move blocks and the file's
        // end. Listing the extents does not wait for it.
        let block = blockSize
        let isDone = try round.attempt { () throws(HostError) in try copy.clone(0..<block, of: original) }
        let size = try original.status().size
        guard isDone, size > block else {
            if !round.isFrozen { return false }
            throw .unfitFile(path: original.path, reason: "changed while the server was frozen")
        }
        let before = try copy.status().size
        if before != size { try copy.resize(to: size) }
        state.withLock {
            $0.size = size
            // Resizing has dropped the copy's blocks behind the shorter end, and in the block of that end: their
            // content is unknown.
            $0.known = before == size ? size : min(size, before) / block * block
        }
        return true
    }

    /// Ranges still to be compared after the block that was cloned already, of some thousand extents each.
    var parts: [Range<Int64>] {
        let end = state.withLock { ($0.size + blockSize - 1) / blockSize * blockSize }
        return map.parts(of: blockSize..<end, extents: ImageRound.part)
    }

    /// Makes a range of the copy equal to the original.
    func renew(_ range: Range<Int64>) throws(HostError) -> ImageRound.Figures {
        let (size, known) = state.withLock { ($0.size, $0.known) }
        let found = try ExtentMap(of: original, in: range)
        let isKnown = known == size ? range : range.clamped(to: 0..<known)
        var differences = found.differences(from: map, in: isKnown)
        if isKnown.upperBound < range.upperBound {
            differences.append(max(range.lowerBound, isKnown.upperBound)..<range.upperBound)
        }
        // Note the ranges before cloning: also a partial clone invalidates the map.
        state.withLock { $0.changed += differences }
        var pace = ClonePace()
        for difference in differences {
            try round.attempt { () throws(HostError) in
                // The last block may be incomplete.
                let end = difference.upperBound < size ? difference.upperBound : nil
                if round.isFrozen {
                    try copy.clone(difference.lowerBound..<(end ?? difference.lowerBound), of: original)
                } else {
                    try copy.clone(from: difference.lowerBound, to: end, of: original, pace: &pace)
                }
            }
        }
        return ImageRound.Figures(extents: found.extents.count, cloned: differences.count)
    }

    /// The copy's current map. Only changed ranges are listed again.
    func mapAfterwards() throws(HostError) -> ExtentMap {
        let (size, known, changed) = state.withLock { ($0.size, $0.known, $0.changed) }
        // A clone up to the end also copies data that was appended meanwhile.
        let sizeNow = try copy.status().size
        let everything = 0..<max(size, sizeNow)
        if known != size || size != sizeNow || changed.count > max(64, map.extents.count / 4) {
            return try ExtentMap(of: copy, in: everything)
        }
        let ranges = [0..<blockSize] + changed.sorted { $0.lowerBound < $1.lowerBound }
        var news: [ExtentMap] = []
        for range in ranges { news.append(try ExtentMap(of: copy, in: range)) }
        return map.replacing(ranges, by: news)
    }
}
