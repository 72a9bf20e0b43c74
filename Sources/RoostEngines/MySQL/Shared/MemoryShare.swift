import RoostModel

/// A size that grows with a memory limit: rows in MiB, with linear interpolation between them.
struct MemoryTable {
    let rows: [(limit: Int64, size: Int64)]

    /// The size for a limit, in whole steps of 8 MiB and at least one step.
    func size(for memory: ByteCount) -> ByteCount {
        let limit = memory.bytes >> 20
        guard let first = rows.first, let last = rows.last else { return memory }
        let edge = limit < first.limit ? first : last
        var size = limit * edge.size / edge.limit
        for (low, high) in zip(rows, rows.dropFirst()) where (low.limit...high.limit).contains(limit) {
            size = low.size + (high.size - low.size) * (limit - low.limit) / (high.limit - low.limit)
        }
        return .mebibytes(max(8, size / 8 * 8))
    }
}

extension ByteCount {
    /// A fraction of this size, within bounds, in whole pages: the engines take many sizes in steps and would log an
    /// adjustment.
    func share(_ part: Int64, from low: ByteCount, to high: ByteCount) -> ByteCount {
        ByteCount(bytes: min(max(bytes / part, low.bytes), high.bytes) / 4096 * 4096)
    }

    /// The number of items of `size` that fit, within bounds.
    func count(of size: ByteCount, _ low: Int64, _ high: Int64) -> Int64 {
        min(max(bytes / size.bytes, low), high)
    }
}
