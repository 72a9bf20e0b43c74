import RoostModel

/// Sizes buffers and limits of a MySQL server for its instance's hard memory limit. Pure.
///
/// Reaching the limit means SIGKILL, so the buffer pool leaves memory for the server itself, about 125 MB (measured:
/// 9.7 with small buffers, after the start; 30 MB more with the default number of doublewrite pages), and for its
/// sessions. The pool's share grows with the limit, because this remainder hardly does.
struct MySQLSizing {
    /// With 256M, forty sessions came within 30 MB of the limit (measured).
    static let minimum = ByteCount.mebibytes(320)

    let memory: ByteCount

    private static let pools = MemoryTable(rows: [
        (320, 32), (512, 144), (1024, 512), (2048, 1216), (4096, 2560), (8192, 5632), (16_384, 11_904),
        (32_768, 24_448), (65_536, 50_048),
    ])

    /// The pool size in whole chunks: the engine rounds up to chunks, beyond the calculated size.
    var bufferPool: ByteCount {
        ByteCount(bytes: Self.pools.size(for: memory).bytes / chunk.bytes * chunk.bytes)
    }

    /// The step in which the pool grows and shrinks. At most a thousand chunks are advised ("Configuring InnoDB
    /// Buffer Pool Chunk Size").
    private var chunk: ByteCount { .mebibytes(memory < .gibibytes(8) ? 8 : 64) }

    /// Whether features with a fixed memory cost, such as statistics of every statement, fit.
    private var isLarge: Bool { memory >= .gibibytes(4) }

    /// All but the last six can be changed in place, and these have two sizes each: more memory needs a restart only
    /// where it passes 4 or 8 GiB.
    var options: [Option] {
        [
            Option("innodb_buffer_pool_size", bufferPool),
            Option("key_buffer_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            Option("max_connections", memory.count(of: .mebibytes(5), 40, 1000)),
            Option("thread_cache_size", memory.count(of: .mebibytes(16), 8, 128)),
            Option("tmp_table_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            Option("max_heap_table_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            // The limit of all sessions' temporary tables together; tables beyond it go to files.
            Option("temptable_max_ram", memory.share(16, from: .mebibytes(8), to: .gibibytes(1))),
            Option("sort_buffer_size", memory.share(1024, from: ByteCount(bytes: 256 << 10), to: .mebibytes(2))),
            Option("table_open_cache", memory.count(of: ByteCount(bytes: 1 << 20), 400, 4000)),
            Option("table_definition_cache", memory.count(of: ByteCount(bytes: 1 << 20), 400, 2000)),
            // Rows that were changed last, from which the server computes what replicas may apply in parallel: about
            // 32 bytes for each (measured). By default 9.7 keeps ten million.
            Option(
                "binlog_transaction_dependency_history_size",
                memory.count(of: ByteCount(bytes: 1600), 25_000, 1_000_000)),
            Option("innodb_log_buffer_size", .mebibytes(isLarge ? 64 : 8)),
            Option("innodb_doublewrite_pages", isLarge ? 128 : 32),
            Option("innodb_buffer_pool_chunk_size", chunk),
            Option("innodb_buffer_pool_instances", 1),
            Option("table_open_cache_instances", isLarge ? 4 : 1),
            Option("performance_schema", isLarge),
        ]
    }

    /// The options with smaller sizes for a clone, which serves one client for about an hour and starts faster with
    /// less memory.
    func options(_ profile: ServerProfile) -> [Option] {
        guard case .clone = profile else { return options }
        let share = memory.share(8, from: .mebibytes(16), to: .gibibytes(4)).bytes / chunk.bytes * chunk.bytes
        let smaller = [
            Option("innodb_buffer_pool_size", min(bufferPool, ByteCount(bytes: max(share, chunk.bytes)))),
            Option("key_buffer_size", .mebibytes(1)),
            Option("innodb_log_buffer_size", .mebibytes(2)),
            Option("table_open_cache_instances", 1),
            Option("performance_schema", false),
        ]
        return options.filter { option in !smaller.contains { $0.name == option.name } } + smaller
    }

    var buffers: FixedBuffers {
        FixedBuffers(
            names: ["innodb_buffer_pool_size", "innodb_log_buffer_size", "key_buffer_size"],
            rest: .mebibytes(176), usual: options)
    }
}
