import RoostModel

/// The share of an instance's hard memory limit that a MongoDB server may use. Pure.
///
/// Reaching the limit means SIGKILL, so the engine's cache leaves room for the server's other memory: about 110 MB for
/// itself (measured: 6.0.5 as a member of a set, nothing stored), its sessions, sorts and groups of queries, and
/// memory that its allocator holds back.
struct MongoDBSizing {
    static let minimum = ByteCount.mebibytes(256)

    let memory: ByteCount
    var profile = ServerProfile.service

    /// Limit and cache in MiB. Between two rows the cache is interpolated.
    private static let caches: [(limit: Int64, cache: Int64)] = [
        (256, 48), (512, 176), (1024, 448), (2048, 1024), (4096, 2304), (8192, 4864), (16_384, 9984), (65_536, 40_960),
    ]

    /// The storage engine's cache. Set in the storage engine directly: the server's own setting for it begins at 256
    /// MB.
    ///
    /// Clones are many, so a clone gets half of a service's cache. A template being built has only Roost's own
    /// sessions.
    var cache: ByteCount {
        switch profile {
        case .service: services
        case .clone: max(.mebibytes(16), ByteCount(bytes: services.bytes / 2))
        case .building: ByteCount(bytes: services.bytes + memory.bytes / 8)
        }
    }

    private var services: ByteCount {
        let limit = memory.bytes >> 20
        guard let first = Self.caches.first, let last = Self.caches.last else { return memory }
        if limit <= first.limit { return .mebibytes(max(16, limit * first.cache / first.limit)) }
        for (low, high) in zip(Self.caches, Self.caches.dropFirst()) where limit <= high.limit {
            return .mebibytes(low.cache + (high.cache - low.cache) * (limit - low.limit) / (high.limit - low.limit))
        }
        return .mebibytes(limit * last.cache / last.limit)
    }

    /// The setting in the syntax that the engine accepts at its start and at run time.
    var cacheSetting: String { "cache_size=\(cache.bytes >> 20)M" }

    /// The memory limit of one stage of one query. Larger sorts and groups use the disk, or are refused, and do not
    /// take the server down.
    var stage: ByteCount { ByteCount(bytes: min(max(memory.bytes / 16, 16 << 20), 100 << 20)) }

    /// A session takes up to 1 MB.
    var connections: Int64 { min(max(memory.bytes / ByteCount.mebibytes(4).bytes, 64), 10_000) }

    var options: [String: String] {
        [
            MongoDBConfiguration.cacheOption: cacheSetting,
            "net.maxIncomingConnections": "\(connections)",
            "setParameter.internalQueryMaxBlockingSortMemoryUsageBytes": "\(stage.bytes)",
            "setParameter.internalDocumentSourceGroupMaxMemoryBytes": "\(stage.bytes)",
        ]
    }
}
