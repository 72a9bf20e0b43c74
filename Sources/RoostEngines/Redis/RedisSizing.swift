import RoostModel

/// What a server may use of its instance's hard memory limit. Pure.
///
/// A limit that is reached means SIGKILL, so the data end well below it, and a write that would pass their limit gets an
/// error. The rest is for:
/// - the program itself: about 10 MB (measured: 7.0, empty, after the start), set at 16;
/// - pages that are copied while a child rewrites the log: up to as much as all data, where everything is overwritten
///   meanwhile. That is not provided for in full. The kernel takes the child first, and the rewrite is tried again later;
/// - fragmentation, the log's buffer, and copies of a large value on its way in and out.
struct RedisSizing {
    let memory: ByteCount

    private static let program = ByteCount.mebibytes(16)

    /// Three fifths of what the program leaves, in whole MiB.
    var data: ByteCount { .mebibytes(max(1, ((memory.bytes - Self.program.bytes) * 3 / 5) >> 20)) }

    /// What buffers of all clients may take together; the largest clients are disconnected beyond it. Without it one
    /// client that reads slowly, or sends a large command, would take the whole server down.
    var clients: ByteCount { share(8, least: .mebibytes(2), most: .gibibytes(4)) }

    /// One client's unread command.
    var query: ByteCount { share(8, least: .mebibytes(1), most: .gibibytes(1)) }

    /// One value. It stands in memory up to three times: as such, in the log's buffer, and in an answer.
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

    /// The most that a setting of the user's may be.
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
