import RoostModel

/// Sizes buffers and limits of a MariaDB server for its instance's hard memory limit. Pure.
///
/// Reaching the limit means SIGKILL, so the buffer pool leaves memory for the server itself, about 55 MB (measured:
/// 10.11 with small buffers, after the start), for its sessions, and for the page cache of its log files. The pool's
/// share grows with the limit, because this remainder hardly does.
struct MariaDBSizing {
    let memory: ByteCount

    init(memory: ByteCount) {
        self.memory = memory
    }

    private static let pools = MemoryTable(rows: [
        (128, 24), (256, 80), (512, 224), (1024, 576), (2048, 1280), (4096, 2752), (8192, 5760), (16_384, 12_032),
        (32_768, 24_576), (65_536, 50_176),
    ])

    var bufferPool: ByteCount { Self.pools.size(for: memory) }

    /// Memory limit of one session. A query over the limit fails; without it the query would take down the whole
    /// server. The limit is generous because a row passes through several buffers: a row of 16 MB takes about 160 MB
    /// (measured).
    var sessionLimit: ByteCount {
        ByteCount(bytes: (memory.bytes - bufferPool.bytes) / 4096 * 3072)
    }

    /// Whether features with a fixed memory cost, such as statistics of every statement, fit.
    private var isLarge: Bool { memory >= .gibibytes(4) }

    /// All but the last four can be changed in place, and these have two sizes each: more memory needs a restart only
    /// where it passes 4 GiB.
    var options: [Option] {
        [
            Option("innodb_buffer_pool_size", bufferPool),
            Option("key_buffer_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            Option("max_connections", memory.count(of: .mebibytes(3), 40, 1000)),
            Option("max_session_mem_used", sessionLimit),
            Option("thread_cache_size", memory.count(of: .mebibytes(16), 8, 128)),
            Option("tmp_table_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            Option("max_heap_table_size", memory.share(64, from: .mebibytes(1), to: .mebibytes(64))),
            Option("sort_buffer_size", memory.share(512, from: ByteCount(bytes: 256 << 10), to: .mebibytes(2))),
            Option("table_open_cache", memory.count(of: ByteCount(bytes: 512 << 10), 400, 2000)),
            Option("innodb_log_buffer_size", .mebibytes(isLarge ? 64 : 8)),
            Option("aria_pagecache_buffer_size", .mebibytes(isLarge ? 128 : 16)),
            Option("table_open_cache_instances", isLarge ? 4 : 1),
            Option("performance_schema", isLarge),
        ]
    }

    /// The options with smaller sizes for a clone, which serves one client for about an hour and starts faster with
    /// less memory.
    func options(_ profile: ServerProfile) -> [Option] {
        guard case .clone = profile else { return options }
        let smaller = [
            Option(
                "innodb_buffer_pool_size", min(bufferPool, memory.share(8, from: .mebibytes(16), to: .gibibytes(4)))),
            Option("key_buffer_size", .mebibytes(1)),
            Option("innodb_log_buffer_size", .mebibytes(2)),
            Option("aria_pagecache_buffer_size", .mebibytes(4)),
            Option("table_open_cache_instances", 1),
            Option("performance_schema", false),
        ]
        return options.filter { option in !smaller.contains { $0.name == option.name } } + smaller
    }

    var buffers: FixedBuffers {
        FixedBuffers(
            names: [
                "innodb_buffer_pool_size", "innodb_log_buffer_size", "key_buffer_size", "aria_pagecache_buffer_size",
                "query_cache_size",
            ],
            rest: .mebibytes(64), usual: options)
    }
}
