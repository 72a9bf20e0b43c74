import RoostModel

/// The share of an instance's hard memory limit that a PostgreSQL server may use. Pure.
///
/// Reaching the limit means SIGKILL, and the kernel cannot reclaim shared buffers as it reclaims the page cache. So
/// the buffers get a quarter; the rest is for sessions, maintenance and the page cache, which the planner is told of.
struct PostgreSQLSizing {
    let memory: ByteCount

    init(memory: ByteCount) {
        self.memory = memory
    }

    var sharedBuffers: ByteCount { .mebibytes(max(16, memory.bytes >> 22)) }

    /// A session takes about 2 MB at its start, and a few more once it has used many tables.
    var connections: Int64 { clamp(memory.bytes / ByteCount.mebibytes(5).bytes, 25, 500) }

    var options: [Option] {
        [
            size("shared_buffers", sharedBuffers.bytes >> 20),
            size("effective_cache_size", memory.bytes >> 23 * 5),
            size("work_mem", clamp(memory.bytes >> 28, 1, 64)),
            size("maintenance_work_mem", clamp(memory.bytes >> 24, 16, 1024)),
            // Three workers may each take this much.
            size("autovacuum_work_mem", clamp(memory.bytes >> 26, 8, 512)),
            Option("max_connections", connections),
            Option("max_parallel_workers_per_gather", memory < .gibibytes(1) ? 0 : 2),
        ]
    }

    /// The memory allocated at the start, given the user's settings. Sizes without a unit count pages of 8 kB.
    static func fixedUse(_ options: [Option]) -> ByteCount {
        let buffers: Set = ["shared_buffers", "wal_buffers"]
        let sizes = options.filter { buffers.contains($0.name) }.map { pages($0.value)?.bytes ?? 0 }
        return ByteCount(bytes: sizes.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 })
    }

    /// Parses a size as the server does; a plain number counts pages. Nil if the text is no size, or an automatic one.
    static func pages(_ value: String) -> ByteCount? {
        let text = value.filter { !$0.isWhitespace }
        if let count = Int64(text) {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: 8192)
            return overflow ? ByteCount(bytes: .max) : count > 0 ? ByteCount(bytes: bytes) : nil
        }
        return ByteCount(text)
    }

    private func size(_ name: String, _ mebibytes: Int64) -> Option { Option(name, "\(mebibytes)MB") }

    private func clamp(_ value: Int64, _ low: Int64, _ high: Int64) -> Int64 { min(max(value, low), high) }
}
