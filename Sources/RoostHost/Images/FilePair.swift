import CHost
import Glibc
import Synchronization

/// A larger file and its copy of an earlier round, while the copy is made the same again.
final class FilePair: Sendable {
    let inode: UInt64
    private let original: OpenFile
    private let copy: OpenFile
    /// The copy's, of before.
    private let map: ExtentMap
    private let round: ImageRound
    private let state = Mutex(State())

    private struct State {
        var size: Int64 = 0
        /// Up to where `map` still tells the truth.
        var known: Int64 = 0
        /// What was cloned.
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

    /// Gives the copy the original's size. False: the original is just being cut to nearly nothing.
    func begin() throws(HostError) -> Bool {
        // What is dirty goes to disk while other files are begun. Only a hint.
        _ = chost_start_writeback(original.descriptor)
        // Any block will do: cloning waits for direct I/O in flight, which listing the extents does not, and which may
        // still move blocks and the file's end.
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
            // Behind, and in the block where the shorter of the two ends, resizing has given up the copy's blocks: they
            // may hold anything by now.
            $0.known = before == size ? size : min(size, before) / block * block
        }
        return true
    }

    /// What is left to be compared after the block that was cloned already, in parts of some thousand extents.
    var parts: [Range<Int64>] {
        let end = state.withLock { ($0.size + blockSize - 1) / blockSize * blockSize }
        return map.parts(of: blockSize..<end, extents: ImageRound.part)
    }

    /// Makes the copy the same as the original in a range.
    func renew(_ range: Range<Int64>) throws(HostError) -> ImageRound.Figures {
        let (size, known) = state.withLock { ($0.size, $0.known) }
        let found = try ExtentMap(of: original, in: range)
        let isKnown = known == size ? range : range.clamped(to: 0..<known)
        var differences = found.differences(from: map, in: isKnown)
        if isKnown.upperBound < range.upperBound {
            differences.append(max(range.lowerBound, isKnown.upperBound)..<range.upperBound)
        }
        // Before it is done: also half of it makes the map untrue.
        state.withLock { $0.changed += differences }
        var pace = ClonePace()
        for difference in differences {
            try round.attempt { () throws(HostError) in
                // The last block need not be whole.
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

    /// The copy's map as it is now, with a look at no more than what has changed.
    func mapAfterwards() throws(HostError) -> ExtentMap {
        let (size, known, changed) = state.withLock { ($0.size, $0.known, $0.changed) }
        // A clone up to the end has taken what was appended meanwhile.
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
