import Foundation

/// `POST …/services/{s}/snapshots`.
package struct SnapshotRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case maxPauseMilliseconds, keepSeconds, keepCount, stop }
    /// Limit of the pause of writers; default 100.
    package let maxPauseMilliseconds: Double?
    /// Seconds that the snapshot is kept; 0 means until it is removed. Default 30 days.
    package let keepSeconds: Double?
    /// Number of the service's snapshots on request that are kept, the newest first. Default 24.
    package let keepCount: Int?
    /// Stop the server for the copy if there is no other way.
    package let stop: Bool?

    package init(
        maxPauseMilliseconds: Double? = nil, keepSeconds: Double? = nil, keepCount: Int? = nil, stop: Bool? = nil
    ) {
        self.maxPauseMilliseconds = maxPauseMilliseconds
        self.keepSeconds = keepSeconds
        self.keepCount = keepCount
        self.stop = stop
    }
}

/// `PUT /v1/clones/{name}` and `POST /v1/clones`, which chooses a name.
package struct CloneRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case source, application, at, ttlSeconds, idleSeconds, memory, cpus, config, durable, protected
        case maxPauseMilliseconds
    }
    /// A template's name, a service's, or `application/service`.
    package let source: String
    /// Application of the service if the source is a service's bare name.
    package let application: String?
    /// A snapshot of the service; null means its present data.
    package let at: String?
    /// Lifetime; 0 means until the clone is removed. Default 24 h.
    package let ttlSeconds: Double?
    /// Seconds without a session after which the clone is removed; 0 or null means that sessions do not matter.
    package let idleSeconds: Double?
    /// Memory in the build file's form: `1G`.
    package let memory: String?
    package let cpus: Double?
    package let config: [String: String]?
    /// Whether the server waits for the disk, as a service's server does.
    package let durable: Bool?
    package let protected: Bool?
    /// Limit of the pause for the snapshot of a live service; default 100.
    package let maxPauseMilliseconds: Double?

    package init(
        source: String, application: String? = nil, at: String? = nil, ttlSeconds: Double? = nil,
        idleSeconds: Double? = nil, memory: String? = nil, cpus: Double? = nil, config: [String: String]? = nil,
        durable: Bool? = nil, protected: Bool? = nil, maxPauseMilliseconds: Double? = nil
    ) {
        self.source = source
        self.application = application
        self.at = at
        self.ttlSeconds = ttlSeconds
        self.idleSeconds = idleSeconds
        self.memory = memory
        self.cpus = cpus
        self.config = config
        self.durable = durable
        self.protected = protected
        self.maxPauseMilliseconds = maxPauseMilliseconds
    }
}

/// `POST /v1/clones/{name}/extend`: lifetime from now on; 0 means until the clone is removed.
package struct ExtendRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case ttlSeconds }
    package let ttlSeconds: Double
    package init(ttlSeconds: Double) { self.ttlSeconds = ttlSeconds }
}

/// `POST /v1/clones/{name}/protect`.
package struct ProtectRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case protected }
    package let protected: Bool
    package init(protected: Bool) { self.protected = protected }
}

/// A clone, as `roost clone info --json` and `GET /v1/clones/{name}` show it.
package struct CloneInfo: Codable, Equatable, Sendable {
    package let name: String
    /// `shop`, or `ramen/data`.
    package let source: String
    /// `template` or `service`.
    package let sourceKind: String
    /// The template's version, or the snapshot.
    package let image: String
    package let type: String
    package let engine: String
    package var state: ServiceInfo.State
    package let endpoint: ServiceInfo.Address
    package let user: String
    package let database: String
    /// Filled only with `show_password`, like `password`.
    @Nullable package var url: String?
    @Nullable package var password: String?
    package let memoryBytes: ByteCount
    @Nullable package var cpus: Double?
    package let durable: Bool
    package let protected: Bool
    package let createdAt: Date
    /// Null if the clone stays until it is removed.
    @Nullable package var expiresAt: Date?
    @Nullable package var idleSeconds: Double?
    @Nullable package var pid: Int32?
    package let problems: [String]

    package init(
        name: String, source: String, sourceKind: String, image: String, service: ServiceInfo, durable: Bool,
        terms: CloneTerms
    ) {
        self.name = name
        self.source = source
        self.sourceKind = sourceKind
        self.image = image
        type = service.type
        engine = service.engine
        state = service.state
        endpoint = service.endpoint
        user = service.user
        database = service.database
        memoryBytes = service.memoryBytes
        self.durable = durable
        protected = terms.isProtected
        createdAt = service.createdAt
        problems = service.problems
        _url = Nullable(wrappedValue: service.url)
        _password = Nullable(wrappedValue: service.password)
        _cpus = Nullable(wrappedValue: service.cpus)
        _expiresAt = Nullable(wrappedValue: terms.expiresAt)
        _idleSeconds = Nullable(wrappedValue: terms.idleSeconds)
        _pid = Nullable(wrappedValue: service.instances.first?.pid)
    }
}

/// Answer to a request about a clone, with the operation that carries it out; null if it is done already.
package struct CloneAnswer: Codable, Equatable, Sendable {
    package var clone: CloneInfo
    @Nullable package var operation: OperationInfo?
    /// Sentences: that the clone existed already, and what became of the requested terms.
    @Listed package var notes: [String]

    package init(clone: CloneInfo, operation: OperationInfo?, notes: [String] = []) {
        self.clone = clone
        self._notes = Listed(wrappedValue: notes)
        self._operation = Nullable(wrappedValue: operation)
    }
}

/// `PUT /v1/templates/{name}`.
package struct TemplateRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case dump, type, source, application, mask, noMask, refresh, pool, memory, cpus, config, extensions, version
    }
    /// Absolute path of a dump on the daemon's machine; otherwise `source` names a service.
    package let dump: String?
    /// Type of the dump, as in the build file.
    package let type: String?
    package let source: String?
    package let application: String?
    /// The mask script's text.
    package let mask: String?
    /// Remove the mask of an existing template. Other fields that are null leave the existing template's values.
    package let noMask: Bool?
    /// Schedule such as `0 3 * * *`; empty means on request only.
    package let refresh: String?
    package let pool: Int?
    package let memory: String?
    package let cpus: Double?
    package let config: [String: String]?
    package let extensions: [String]?
    package let version: String?

    package init(
        dump: String? = nil, type: String? = nil, source: String? = nil, application: String? = nil,
        mask: String? = nil, noMask: Bool? = nil, refresh: String? = nil, pool: Int? = nil, memory: String? = nil,
        cpus: Double? = nil, config: [String: String]? = nil, extensions: [String]? = nil, version: String? = nil
    ) {
        self.dump = dump
        self.type = type
        self.source = source
        self.application = application
        self.mask = mask
        self.noMask = noMask
        self.refresh = refresh
        self.pool = pool
        self.memory = memory
        self.cpus = cpus
        self.config = config
        self.extensions = extensions
        self.version = version
    }
}

package struct TemplateInfo: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable { case building, ready, refreshing, failed }

    package let name: String
    package let type: String
    package let source: String
    /// `dump` or `service`.
    package let sourceKind: String
    /// Whether the dump is in the watched folder: the template is made again there after its removal.
    package let watched: Bool
    package let state: State
    /// Id of the version that clones are made of; null if none is ready yet.
    @Nullable package var version: String?
    @Nullable package var engine: String?
    package let databases: [String]
    package let sizeBytes: ByteCount
    @Nullable package var builtAt: Date?
    @Nullable package var buildSeconds: Double?
    package let masked: Bool
    @Nullable package var refresh: String?
    package let pool: Int
    /// Running clones that wait in the pool.
    package let poolReady: Int
    /// Clones of the template, without those that wait in the pool.
    package let clones: Int
    @Nullable package var failure: String?
    /// Notes of this version's load: parts of the dump that were translated, left out or made, and parts that it
    /// lacked.
    package var notes: [String]
    /// The operation that builds the next version.
    @Nullable package var operation: String?
    package let createdAt: Date

    package init(_ template: Template, poolReady: Int, clones: Int) {
        name = "\(template.name)"
        type = "\(template.type)"
        source = template.source.text
        sourceKind = if case .dump = template.source { "dump" } else { "service" }
        watched = if case .dump(_, isWatched: true) = template.source { true } else { false }
        state =
            switch (template.version, template.building) {
            case (nil, nil): .failed
            case (nil, _?): .building
            case (_?, _?): .refreshing
            case (_?, nil): .ready
            }
        databases = template.version?.databases ?? []
        sizeBytes = template.version?.size ?? ByteCount(bytes: 0)
        // The mask of the version that clones are made of; the template's newer settings may not be built yet.
        masked = (template.version?.settings ?? template.settings).mask != nil
        pool = template.settings.pool
        self.poolReady = poolReady
        self.clones = clones
        createdAt = template.createdAt
        notes = template.version?.notes ?? []
        _version = Nullable(wrappedValue: template.version?.id)
        _engine = Nullable(wrappedValue: template.version.map { "\($0.engine)" })
        _builtAt = Nullable(wrappedValue: template.version?.builtAt)
        _buildSeconds = Nullable(wrappedValue: template.version?.buildSeconds)
        _refresh = Nullable(wrappedValue: template.settings.refresh)
        _failure = Nullable(wrappedValue: template.failure)
        _operation = Nullable(wrappedValue: template.building)
    }
}

/// A dump that was sent, as the daemon keeps it.
package struct ReceivedDump: Codable, Equatable, Sendable {
    /// Path on the daemon's machine.
    package let path: String
    package let sizeBytes: ByteCount

    package init(path: String, sizeBytes: ByteCount) {
        self.path = path
        self.sizeBytes = sizeBytes
    }
}

package struct TemplateAnswer: Codable, Equatable, Sendable {
    package var template: TemplateInfo
    @Nullable package var operation: OperationInfo?

    package init(template: TemplateInfo, operation: OperationInfo?) {
        self.template = template
        self._operation = Nullable(wrappedValue: operation)
    }
}

/// `POST /v1/storage/pool` and `POST /v1/storage/pool/grow`.
package struct PoolRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case size }
    /// Size in the build file's form: `20G`.
    package let size: String
    package init(size: String) { self.size = size }
}

/// `GET /v1/storage`.
package struct StorageInfo: Codable, Equatable, Sendable {
    package struct Pool: Codable, Equatable, Sendable {
        package let path: String
        /// `mounted` or `unmounted`.
        package let state: String
        package let sizeBytes: ByteCount
        package let freeBytes: ByteCount
        /// Part of the free space that is kept for running databases; snapshots and clones are refused before they
        /// take it.
        package let reserveBytes: ByteCount

        package init(path: String, state: String, sizeBytes: ByteCount, freeBytes: ByteCount, reserveBytes: ByteCount) {
            self.path = path
            self.state = state
            self.sizeBytes = sizeBytes
            self.freeBytes = freeBytes
            self.reserveBytes = reserveBytes
        }
    }

    /// An item on the disk: an instance's data, a snapshot, a template or a clone.
    package struct Item: Codable, Equatable, Sendable {
        /// `instance`, `snapshot`, `template`, `clone`, `pooled`
        package let kind: String
        /// `ramen/data.0`, `ramen/data 20261121-064406-3f9a`, `shop`, …
        package let name: String
        /// `pool` or `home`.
        package let place: String
        /// Size of the files without holes; shared blocks count in each item.
        package let sizeBytes: ByteCount
        package let sharedBytes: ByteCount
        /// Space that the item's removal would free.
        package let exclusiveBytes: ByteCount

        package init(
            kind: String, name: String, place: String, sizeBytes: ByteCount, sharedBytes: ByteCount,
            exclusiveBytes: ByteCount
        ) {
            self.kind = kind
            self.name = name
            self.place = place
            self.sizeBytes = sizeBytes
            self.sharedBytes = sharedBytes
            self.exclusiveBytes = exclusiveBytes
        }
    }

    /// Method of snapshots where new databases are put: `reflink`, `subvolume` or `copy`.
    package let method: String
    @Nullable package var pool: Pool?
    package let items: [Item]

    package init(method: String, pool: Pool?, items: [Item]) {
        self.method = method
        self._pool = Nullable(wrappedValue: pool)
        self.items = items
    }
}

// Texts for callers who may not see data: a server's message about a statement quotes it.
extension TemplateInfo {
    package var withoutQuotes: TemplateInfo {
        var info = self
        info.failure = failure.map { _ in "the last build failed; only administrators see the reason" }
        info.notes = []
        return info
    }
}

extension OperationInfo {
    package var withoutQuotes: OperationInfo {
        guard ["template", "import"].contains(kind) else { return self }
        var info = self
        info.error = error.map { _ in "it failed; only administrators see the reason" }
        info.notes = []
        return info
    }
}
