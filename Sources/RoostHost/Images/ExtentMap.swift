import CHost
import Glibc

/// Places of one file's bytes on the disk: its extents in order, without holes.
struct ExtentMap: Sendable {
    private(set) var extents: [chost_extent] = []

    /// The map of a file that is one hole: all data of another file differs from it.
    init() {}

    init(_ extents: [chost_extent]) { self.extents = extents }

    /// The extents of a file in a range, listed after its dirty pages were written. Takes some 3 µs an extent.
    init(of file: borrowing OpenFile, in range: Range<Int64>) throws(HostError) {
        var found: UnsafeMutablePointer<chost_extent>?
        let count = chost_extents(file.descriptor, UInt64(range.lowerBound), UInt64(range.upperBound), &found)
        guard count >= 0 else { throw .last("list the extents of", file.path) }
        extents = Array(UnsafeBufferPointer(start: found, count: count))
        free(found)
    }

    /// The parts of `range` in which a file with this map may differ in content from a file with the map `other`.
    ///
    /// Two files that share a block have the same content there, because a shared block is never written to. All
    /// other ranges count as different, including extents for which the kernel reports no definite place.
    func differences(from other: ExtentMap, in range: Range<Int64>) -> [Range<Int64>] {
        var found: [Range<Int64>] = []
        var mine = Cursor(extents, at: range.lowerBound)
        var others = Cursor(other.extents, at: range.lowerBound)
        var start = range.lowerBound
        while start < range.upperBound {
            mine.advance(to: start)
            others.advance(to: start)
            let end = min(range.upperBound, mine.boundary(after: start), others.boundary(after: start))
            if mine.place(of: start) != others.place(of: start) || !mine.isCertain(at: start)
                || !others.isCertain(at: start)
            {
                if let last = found.last, last.upperBound == start {
                    found[found.count - 1] = last.lowerBound..<end
                } else {
                    found.append(start..<end)
                }
            }
            start = end
        }
        return found
    }

    /// The map with some ranges (in order, not adjacent) replaced by newer maps of the file.
    func replacing(_ ranges: [Range<Int64>], by news: [ExtentMap]) -> ExtentMap {
        var kept: [chost_extent] = []
        kept.reserveCapacity(extents.count + news.count)
        var next = 0
        for extent in extents {
            var rest = extent.range
            while next < ranges.count, ranges[next].upperBound <= rest.lowerBound { next += 1 }
            var index = next
            while index < ranges.count, ranges[index].lowerBound < rest.upperBound {
                if rest.lowerBound < ranges[index].lowerBound {
                    kept.append(extent.cut(to: rest.lowerBound..<ranges[index].lowerBound))
                }
                rest = min(ranges[index].upperBound, rest.upperBound)..<rest.upperBound
                index += 1
            }
            if !rest.isEmpty { kept.append(extent.cut(to: rest)) }
        }
        for (range, map) in zip(ranges, news) {
            for extent in map.extents where extent.range.overlaps(range) {
                kept.append(extent.cut(to: extent.range.clamped(to: range)))
            }
        }
        return ExtentMap(kept.sorted { $0.start < $1.start })
    }

    /// Cuts a range into parts with about `count` extents at most.
    func parts(of range: Range<Int64>, extents count: Int) -> [Range<Int64>] {
        let starts = stride(from: count, to: extents.count, by: count).map { extents[$0].range.lowerBound }
        let cuts = [range.lowerBound] + starts.filter { range.lowerBound < $0 && $0 < range.upperBound }
        return zip(cuts, cuts.dropFirst() + [range.upperBound]).map { $0..<$1 }
    }
}

/// A position in a map that moves forward.
private struct Cursor {
    private let extents: [chost_extent]
    /// The first extent that ends behind the position.
    private var index: Int

    init(_ extents: [chost_extent], at offset: Int64) {
        self.extents = extents
        var low = 0
        var high = extents.count
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        index = low
    }

    mutating func advance(to offset: Int64) {
        while index < extents.count, extents[index].range.upperBound <= offset { index += 1 }
    }

    private func extent(at offset: Int64) -> chost_extent? {
        index < extents.count && extents[index].range.lowerBound <= offset ? extents[index] : nil
    }

    /// The end of the extent or hole at `offset`.
    func boundary(after offset: Int64) -> Int64 {
        guard index < extents.count else { return .max }
        let range = extents[index].range
        return range.lowerBound <= offset ? range.upperBound : range.lowerBound
    }

    /// Nil in a hole.
    func place(of offset: Int64) -> UInt64? {
        extent(at: offset).map { $0.place + UInt64(offset) - $0.start }
    }

    func isCertain(at offset: Int64) -> Bool { extent(at: offset)?.is_plain ?? true }
}

extension chost_extent {
    /// The extent's range in the file.
    var range: Range<Int64> { Int64(start)..<Int64(start + length) }

    fileprivate func cut(to part: Range<Int64>) -> chost_extent {
        let skipped = UInt64(part.lowerBound) - start
        return chost_extent(
            start: UInt64(part.lowerBound), length: UInt64(part.count), place: place + skipped, is_plain: is_plain)
    }
}
