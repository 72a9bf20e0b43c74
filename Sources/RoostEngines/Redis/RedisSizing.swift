import RoostModel

/// The share of an instance's hard memory limit that a server may use. Pure.
///
/// Reaching the limit means SIGKILL, so the limit of the data is well below it, and a write beyond that limit gets an
/// error. The rest is for:
/// - the program itself: about 10 MB (measured: 7.0, empty, after the start), set at 16;
/// - pages that are copied while a child rewrites the log: up to as much as all data, if everything is overwritten
///   meanwhile. The sizing does not cover that in full: the kernel kills the child first, and the rewrite is retried;
/// - fragmentation, the log's buffer, and copies of a large value on its way in and out.
struct RedisSizing {
    let memory: ByteCount

    private static let program = ByteCount.mebibytes(16)

    /// Three fifths of the memory without the program, in whole MiB.
    var data: ByteCount { .mebibytes(max(1, ((memory.bytes - Self.program.bytes) * 3 / 5) >> 20)) }

    /// The limit for the buffers of all clients together; beyond it the largest clients are disconnected. Without it
    /// one client that reads slowly, or sends a large command, would take the whole server down.
    var clients: ByteCount { share(8, least: .mebibytes(2), most: .gibibytes(4)) }

    /// The limit for one client's unread command.
    var query: ByteCount { share(8, least: .mebibytes(1), most: .gibibytes(1)) }

    /// The limit for one value, which is in memory up to three times: as itself, in the log's buffer, and in an
    /// answer.
    var value: ByteCount { share(16, least: .mebibytes(1), most: .mebibytes(512)) }

    /// An idle connection takes a few KB.
    private var connections: Int64 { min(max(memory.bytes >> 16, 512), 10_000) }

    var options: [Option] {
        [
            Option("maxmemory", data),
            Option("maxmemory-policy", "noeviction"),
            Option("maxmemory-clients", clients),
            Option("client-query-buffer-limit", query),
            Option("proto-max-bulk-len", value),
            Option("maxclients", connections),
        ]
    }

    /// The maximum of a user's setting.
    func most(_ name: String) -> ByteCount? {
        switch name {
        case "maxmemory": data
        case "client-query-buffer-limit": ByteCount(bytes: query.bytes * 2)
        case "proto-max-bulk-len": ByteCount(bytes: value.bytes * 2)
        default: nil
        }
    }

    private func share(_ part: Int64, least: ByteCount, most: ByteCount) -> ByteCount {
        ByteCount(bytes: min(max(memory.bytes / part, least.bytes), most.bytes))
    }
}
