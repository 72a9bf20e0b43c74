import Foundation
import RoostModel
import Testing

/// The differences between types and series; everything else is the same test. The table has the oldest and the
/// newest release of each engine that can be had here.
struct EngineRow: Sendable, CustomTestStringConvertible {
    let type: String
    /// Nil: the newest that there is.
    var version: String?
    /// The engine that a service of the type gets.
    let engine: String
    let memory: String
    /// The archive for `roost engine add`; nil: the machine's own packages have the engine.
    var source: @Sendable () -> String? = { nil }
    var isAdded = false
    /// A setting that changes in place, its two values, and how the server shows the second.
    let setting: (key: String, before: String, after: String, shown: String, name: String)
    /// Settings that are refused, and the engine's own words that say why.
    let wrong: [(config: String, words: String)]

    var testDescription: String { ([type] + (version.map { [$0] } ?? [])).joined(separator: " ") }

    /// `keys`: more keys of the service.
    func file(_ config: String? = nil, memory: String? = nil, keys: String? = nil) -> String {
        let settings = config.map { ", config: {\($0)}" } ?? ""
        let more = keys.map { ", \($0)" } ?? ""
        let pinned = version.map { ", version: \"\($0)\"" } ?? ""
        return BuildFiles.services("it: {type: \(type)\(pinned), memory: \(memory ?? self.memory)\(settings)\(more)}")
    }

    private static let wrongForMySQL = [
        ("no_such_setting: 1", "unknown variable 'no_such_setting=1'"),
        ("max_connections: plenty", "option 'max_connections': unsigned value 0 adjusted to"),
    ]
    private static let wrongForPostgreSQL = [
        ("bogus: 1", "unrecognized configuration parameter \"bogus\""),
        ("work_mem: 1kB", "outside the valid range for parameter \"work_mem\""),
    ]
    private static let wrongForRedis = [
        ("nonsense: 1", "nonsense: Bad directive"),
        ("maxmemory-policy: bogus", "argument(s) must be one of the following: volatile-lru"),
    ]

    static let all: [EngineRow] = [
        EngineRow(
            type: "mariadb", version: "10.11", engine: "mariadb@10.11.", memory: "192M",
            setting: ("max_connections", "40", "60", "60", "max_connections"),
            wrong: wrongForMySQL),
        EngineRow(
            type: "mariadb", version: "11", engine: "mariadb@11.", memory: "192M",
            source: { VendorTarball.mariadb.path }, isAdded: true,
            setting: ("max_connections", "40", "60", "60", "max_connections"),
            wrong: wrongForMySQL),
        EngineRow(
            type: "mysql", engine: "mysql@9.", memory: "320M",
            source: { VendorTarball.mysql.path }, isAdded: true,
            setting: ("max_connections", "40", "60", "60", "max_connections"),
            wrong: wrongForMySQL),
        EngineRow(
            type: "postgresql", version: "15", engine: "postgresql@15.", memory: "192M",
            setting: ("work_mem", "5MB", "9MB", "9MB", "work_mem"),
            wrong: wrongForPostgreSQL),
        EngineRow(
            type: "postgresql", version: "17", engine: "postgresql@17.", memory: "192M",
            source: { VendorTarball.postgresql.path }, isAdded: true,
            setting: ("work_mem", "5MB", "9MB", "9MB", "work_mem"),
            wrong: wrongForPostgreSQL),
        EngineRow(
            type: "redis", version: "7", engine: "redis@7.", memory: "64M",
            setting: ("maxmemory-policy", "noeviction", "allkeys-lru", "allkeys-lru", "maxmemory_policy"),
            wrong: wrongForRedis),
        EngineRow(
            type: "redis", version: "8", engine: "redis@8.", memory: "64M",
            source: { VendorTarball.redis.path }, isAdded: true,
            setting: ("maxmemory-policy", "noeviction", "allkeys-lru", "allkeys-lru", "maxmemory_policy"),
            wrong: wrongForRedis),
        EngineRow(
            type: "valkey", engine: "valkey@", memory: "64M", source: { VendorTarball.valkey.path }, isAdded: true,
            setting: ("maxmemory-policy", "noeviction", "allkeys-lru", "allkeys-lru", "maxmemory_policy"),
            wrong: wrongForRedis),
        EngineRow(
            type: "mongodb", engine: "mongodb@", memory: "256M", source: { FetchedMongoDB.path }, isAdded: true,
            setting: ("setParameter.cursorTimeoutMillis", "600000", "60000", "60000", "cursorTimeoutMillis"),
            wrong: [
                ("operationProfiling.bogus: 1", "Unrecognized option: operationProfiling.bogus"),
                ("setParameter.cursorTimeoutMillis: soon", "Did not consume whole string"),
            ]),
    ]

    /// Rows whose server is here. The engines' own suites report a missing server and are then skipped with a reason.
    /// ROOST_TYPES names some rows, for a long run of a few: `mongodb,mysql`.
    static let here: [EngineRow] = all.filter { row in
        let wanted = ProcessInfo.processInfo.environment["ROOST_TYPES"]?.split(separator: ",").map(String.init)
        return wanted?.contains(row.type) ?? true && (!row.isAdded || row.source() != nil)
    }
    /// The rows of tests that cost minutes a row: the newest release of each type, or all with `ROOST_RELEASES=all`. Valkey
    /// is among the latter alone: Roost has the same code for it as for Redis.
    static let ofCopies: [EngineRow] =
        ProcessInfo.processInfo.environment["ROOST_RELEASES"] == "all"
        ? here
        : here.filter { $0.type != "valkey" }.reduce(into: []) { rows, row in
            rows.removeAll { $0.type == row.type }
            rows.append(row)
        }
    static let missing: [String] = all.filter { $0.isAdded && $0.source() == nil }.map(\.testDescription)
}

/// The mongod that `scripts/setup --tests` fetches.
enum FetchedMongoDB {
    static let folder = "\(Programs.checkout)/.build/test-engines/mongodb-6.0.5"
    static let path: String? = FileManager.default.isExecutableFile(atPath: "\(folder)/bin/mongod") ? folder : nil
    static let isHere = path != nil && FileManager.default.isExecutableFile(atPath: Programs.python)
}

extension Roost {
    /// Asks a question through the type's official client library, at the address that `service` has.
    func ask(_ row: EngineRow, _ service: ServiceInfo, _ words: String...) async throws -> String {
        let outcome = try await Command.run(
            Programs.python, ["\(Programs.checkout)/Tests/clients/engine_client.py", row.type] + words,
            environment: ["URL": service.url ?? ""])
        guard outcome.status == 0 else { throw Unexpected("\(outcome)") }
        return outcome.output.trimmingCharacters(in: .newlines)
    }
}
