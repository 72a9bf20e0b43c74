import Foundation

/// A long-running operation: `GET /v1/operations/{id}`.
package struct OperationInfo: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable { case running, done, failed }

    package struct Step: Codable, Equatable, Sendable {
        /// `data: take ready directory`.
        package let name: String
        package let milliseconds: Int
        package init(name: String, milliseconds: Int) {
            self.name = name
            self.milliseconds = milliseconds
        }
    }

    /// The step under way. For a load, also how much of its file was read.
    package struct RunningStep: Codable, Equatable, Sendable {
        package let name: String
        package let startedAt: Date
        @Nullable package var bytes: ByteCount?
        @Nullable package var totalBytes: ByteCount?

        package init(name: String, startedAt: Date, bytes: ByteCount? = nil, totalBytes: ByteCount? = nil) {
            self.name = name
            self.startedAt = startedAt
            self._bytes = Nullable(wrappedValue: bytes)
            self._totalBytes = Nullable(wrappedValue: totalBytes)
        }
    }

    /// Output of a builder or of an owner's script.
    package struct Output: Codable, Equatable, Sendable {
        /// Number of last lines that are kept.
        package static let kept = 100
        /// Number of all lines.
        package var count = 0
        package var lines: [String] = []

        package init() {}

        package mutating func add(_ line: String) {
            count += 1
            lines.append(String(line.prefix(1000)))
            if lines.count > Self.kept { lines.removeFirst() }
        }

        /// Lines behind the first `seen`, as far as they are kept.
        package func lines(after seen: Int) -> ArraySlice<String> { lines.suffix(max(0, count - seen)) }
    }

    package let id: String
    /// `push`, `scale`, `restart`, `destroy`, `restore`, `password`, `replication_passwords`, `engine_add`, `snapshot`,
    /// `clone`, `reset`, `template`, `storage_init`, `storage_grow`, `storage_move`, `import`, `verify`.
    package let kind: String
    /// Null for an operation of the machine.
    @Nullable package var application: String?
    @Nullable package var service: String?
    package var state: State
    package var steps: [Step]
    /// Why the operation failed.
    @Nullable package var error: String?
    /// Name of the result, if it has one: `mariadb@11.8.6`.
    @Nullable package var result: String?
    /// Sentences for people about the result: parts of a dump that were translated, parts that were left out.
    @Listed package var notes: [String]
    /// Progress of the step under way: `120.4M of 260.0M, 3400 statements`. Not stored.
    @Nullable package var progress: String?
    /// Null if no step is reported.
    @Nullable package var currentStep: RunningStep?
    /// Null if nothing was printed.
    @Nullable package var output: Output?
    /// Of a `verify` that has ended. Null for other kinds.
    @Nullable package var comparison: MembersComparison?
    /// Of a dry run of `promote`. Null for others.
    @Nullable package var promotion: PromotionInfo?
    package let startedAt: Date
    @Nullable package var endedAt: Date?

    package init(
        id: String, kind: String, application: String?, service: String?, state: State, steps: [Step], error: String?,
        result: String? = nil, notes: [String] = [], progress: String? = nil, currentStep: RunningStep? = nil,
        startedAt: Date, endedAt: Date?
    ) {
        self.id = id
        self.kind = kind
        self._application = Nullable(wrappedValue: application)
        self._service = Nullable(wrappedValue: service)
        self.state = state
        self.steps = steps
        self._error = Nullable(wrappedValue: error)
        self._result = Nullable(wrappedValue: result)
        self._notes = Listed(wrappedValue: notes)
        self._progress = Nullable(wrappedValue: progress)
        self._currentStep = Nullable(wrappedValue: currentStep)
        self._output = Nullable(wrappedValue: nil)
        self._comparison = Nullable(wrappedValue: nil)
        self._promotion = Nullable(wrappedValue: nil)
        self.startedAt = startedAt
        self._endedAt = Nullable(wrappedValue: endedAt)
    }
}

/// A line of `roost events`, and a message of `/v1/events`.
package struct EventInfo: Codable, Equatable, Sendable {
    /// Id, higher with each event; `/v1/events?after=ID` (or Last-Event-ID) continues after it.
    package let id: Int64
    package let time: Date
    @Nullable package var application: String?
    @Nullable package var service: String?
    @Nullable package var instance: String?
    /// `instance_started`, `instance_exited`, …
    package let kind: String
    package let message: String
    /// Number of occurrences: a problem that repeats is one event, with the figures of the last time.
    package let count: Int
    /// Time of the last occurrence; `time` is the first.
    package let lastTime: Date

    package init(
        id: Int64, time: Date, application: String?, service: String?, instance: String?, kind: String, message: String,
        count: Int = 1, lastTime: Date? = nil
    ) {
        self.id = id
        self.time = time
        self.count = count
        self.lastTime = lastTime ?? time
        self._application = Nullable(wrappedValue: application)
        self._service = Nullable(wrappedValue: service)
        self._instance = Nullable(wrappedValue: instance)
        self.kind = kind
        self.message = message
    }

    /// Events of older daemons have no count.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(Int64.self, forKey: .id)
        time = try fields.decode(Date.self, forKey: .time)
        _application = try fields.decode(Nullable<String>.self, forKey: .application)
        _service = try fields.decode(Nullable<String>.self, forKey: .service)
        _instance = try fields.decode(Nullable<String>.self, forKey: .instance)
        kind = try fields.decode(String.self, forKey: .kind)
        message = try fields.decode(String.self, forKey: .message)
        count = try fields.decodeIfPresent(Int.self, forKey: .count) ?? 1
        lastTime = try fields.decodeIfPresent(Date.self, forKey: .lastTime) ?? time
    }

    /// The message with the number of occurrences, for people: `… (12 times, last at 06:44:06)`.
    package var text: String {
        // 2026-11-21T06:44:06.120Z
        let clock = Timestamp.format(lastTime).dropFirst(11).prefix(8)
        return count > 1 ? "\(message) (\(count) times, last at \(clock))" : message
    }
}

package struct EngineInfo: Codable, Equatable, Sendable {
    /// `mariadb@10.11.19`.
    package let engine: String
    package let types: [String]
    package let origin: String
    /// Initialised directories that wait for a push.
    package let readyDirectories: Int
    /// `application/service` of each service that uses it.
    package let usedBy: [String]
    /// Size of an added release. Null for a system package.
    @Nullable package var sizeBytes: ByteCount?
    /// Null for a system package.
    @Nullable package var addedAt: Date?

    package init(
        engine: String, types: [String], origin: String, readyDirectories: Int, usedBy: [String],
        sizeBytes: ByteCount? = nil, addedAt: Date? = nil
    ) {
        self.engine = engine
        self.types = types
        self.origin = origin
        self.readyDirectories = readyDirectories
        self.usedBy = usedBy
        self._sizeBytes = Nullable(wrappedValue: sizeBytes)
        self._addedAt = Nullable(wrappedValue: addedAt)
    }
}

package struct MachineInfo: Codable, Equatable, Sendable {
    package let name: String
    package let state: String
    package let cores: Int
    package let memoryBytes: ByteCount
    package let memoryAvailableBytes: ByteCount
    package let diskFreeBytes: ByteCount
    package let instances: Int
    package let roostVersion: String

    package init(
        name: String, state: String, cores: Int, memoryBytes: ByteCount, memoryAvailableBytes: ByteCount,
        diskFreeBytes: ByteCount, instances: Int, roostVersion: String
    ) {
        self.name = name
        self.state = state
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.memoryAvailableBytes = memoryAvailableBytes
        self.diskFreeBytes = diskFreeBytes
        self.instances = instances
        self.roostVersion = roostVersion
    }
}

/// `GET /v1/ca`: the home's certificate authority, by which clients verify its servers.
package struct AuthorityInfo: Codable, Equatable, Sendable {
    /// PEM.
    package let certificate: String

    package init(certificate: String) { self.certificate = certificate }
}

/// A line of `roost doctor`.
package struct Finding: Codable, Equatable, Sendable {
    package enum Level: String, Codable, Sendable { case good, notice, problem }
    /// Stable: `cgroups`, `reflink`, `engine_mariadb`, …
    package let check: String
    package let level: Level
    package let message: String
    /// Command or step that fixes the problem.
    @Nullable package var fix: String?

    package init(_ check: String, _ level: Level, _ message: String, fix: String? = nil) {
        self.check = check
        self.level = level
        self.message = message
        self._fix = Nullable(wrappedValue: fix)
    }
}

package struct SnapshotInfo: Codable, Equatable, Sendable {
    package let id: String
    package let application: String
    package let service: String
    package let engine: String
    /// Reason: `manual`, `clone`, `destroy`, `restore`, …
    package let reason: String
    /// Method: `rename`, `subvolume`, `reflink`, `copy`, `backup mode`, or the engine's own means (`mariadb-backup`).
    package let method: String
    /// Pause of the running server's writers; null if no server ran.
    @Nullable package var pauseMilliseconds: Double?
    package let createdAt: Date
    @Nullable package var expiresAt: Date?
    package let sizeBytes: ByteCount

    package init(
        id: String, application: String, service: String, engine: String, reason: String, method: String,
        pauseMilliseconds: Double? = nil, createdAt: Date, expiresAt: Date?, sizeBytes: ByteCount
    ) {
        self._pauseMilliseconds = Nullable(wrappedValue: pauseMilliseconds)
        self.id = id
        self.application = application
        self.service = service
        self.engine = engine
        self.reason = reason
        self.method = method
        self.createdAt = createdAt
        self._expiresAt = Nullable(wrappedValue: expiresAt)
        self.sizeBytes = sizeBytes
    }

    /// The same snapshot under the names that users know.
    package func told(application: String, service: String) -> SnapshotInfo {
        SnapshotInfo(
            id: id, application: application, service: service, engine: engine, reason: reason, method: method,
            pauseMilliseconds: pauseMilliseconds, createdAt: createdAt, expiresAt: expiresAt, sizeBytes: sizeBytes)
    }
}

/// A row of `roost top`.
package struct UsageInfo: Codable, Equatable, Sendable {
    package let application: String
    package let instance: String
    @Nullable package var pid: Int32?
    /// Percent of one core, since the daemon's last look.
    @Nullable package var cpuPercent: Double?
    package let memoryBytes: ByteCount
    package let memoryLimitBytes: ByteCount
    package let diskBytes: ByteCount
    package let connections: Int

    package init(
        application: String, instance: String, pid: Int32?, cpuPercent: Double?, memoryBytes: ByteCount,
        memoryLimitBytes: ByteCount, diskBytes: ByteCount, connections: Int
    ) {
        self.application = application
        self.instance = instance
        self._pid = Nullable(wrappedValue: pid)
        self._cpuPercent = Nullable(wrappedValue: cpuPercent)
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.diskBytes = diskBytes
        self.connections = connections
    }
}

/// `GET /v1/applications/{a}/environment`: names and values, in the file's order of services.
package struct EnvironmentInfo: Codable, Equatable, Sendable {
    package let variables: [String: String]
    package init(variables: [String: String]) { self.variables = variables }
}

/// `POST /v1/sign-in`: the one-time address that `roost open` prints.
package struct SignInInfo: Codable, Equatable, Sendable {
    package let url: String
    package let expiresAt: Date
    package init(url: String, expiresAt: Date) {
        self.url = url
        self.expiresAt = expiresAt
    }
}
