import RoostModel

/// Settings with extreme values that lock all clients out of a server, Roost included (it could neither probe the
/// server nor change the value), lose acknowledged writes, or break Roost's own work for the service. Pure.
///
/// Values that harm only Roost's own sessions are not included: those sessions set them for themselves (`OwnSession`).
struct SettingBounds {
    enum Effect: String {
        case lockout = "locks everyone out, including Roost"
        case loss = "can lose acknowledged writes"
        case harm = "breaks features of Roost"
    }

    enum Unit {
        case count
        /// `1048576`, `1M`, `1mb`.
        case bytes
        /// In seconds, as a decimal number: `0.5`.
        case seconds
        /// In milliseconds if there is no unit: `500`, `500ms`, `2s`, `1min`.
        case milliseconds
        /// The same, but in seconds if there is no unit.
        case plainSeconds
    }

    struct Bound {
        let names: Set<String>
        let unit: Unit
        /// In the unit's smallest part: a number, a byte, a millisecond.
        var least = Int64.min
        var most = Int64.max
        /// The text for the minimum or maximum.
        let written: String
        /// Whether 0 turns the limit off.
        var zeroIsOff = false
        var effect = Effect.lockout
        let reason: String

        func admits(_ number: Int64) -> Bool { (least...most).contains(number) || (zeroIsOff && number == 0) }
        var advice: String {
            "write at \(most == .max ? "least" : "most") \(written)" + (zeroIsOff ? ", or 0 for no limit" : "")
        }
    }

    /// Values that are refused by name.
    struct Word {
        let names: Set<String>
        let words: Set<String>
        var effect = Effect.lockout
        let reason: String
    }

    var bounds: [Bound] = []
    var words: [Word] = []

    /// Refusals sorted by name, one line each. The engine itself refuses a value that does not parse in its unit.
    func refusals(_ config: [String: String], normalised: (String) -> String = { $0 }) -> [String] {
        config.sorted { $0.key < $1.key }.compactMap { name, value in
            reason(against: normalised(name), value).map { "\(SettingText.printable(name)): \($0)" }
        }
    }

    private func reason(against name: String, _ value: String) -> String? {
        if let word = words.first(where: { $0.names.contains(name) && $0.words.contains(value.lowercased()) }) {
            return "'\(SettingText.printable(value))' \(word.effect.rawValue): \(word.reason)"
        }
        guard let bound = bounds.first(where: { $0.names.contains(name) }), let number = Self.number(value, bound.unit),
            !bound.admits(number)
        else { return nil }
        return "\(SettingText.printable(value)) \(bound.effect.rawValue): \(bound.reason); \(bound.advice)"
    }

    static func number(_ value: String, _ unit: Unit) -> Int64? {
        let text = value.lowercased().filter { !$0.isWhitespace }
        switch unit {
        case .count: return Int64(text)
        case .bytes:
            if let plain = Int64(text) { return plain }
            return ByteCount(text)?.bytes
        case .seconds: return Double(text).flatMap { Int64(exactly: ($0 * 1000).rounded()) }
        case .milliseconds: return duration(text, plain: 1)
        case .plainSeconds: return duration(text, plain: 1000)
        }
    }

    /// In milliseconds. `plain`: the milliseconds of a number without a unit.
    private static func duration(_ text: String, plain: Double) -> Int64? {
        let units: [Substring: Double] = [
            "": plain, "us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
        ]
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" }
        guard let number = Double(digits), let factor = units[text.dropFirst(digits.count)] else { return nil }
        return Int64(exactly: (number * factor).rounded())
    }
}

extension SettingBounds {
    private static let kept = "some connections are reserved for Roost and for replication"

    /// MariaDB and MySQL. Names with `_`.
    static let mysqlFamily = SettingBounds(
        bounds: [
            Bound(names: ["max_connections"], unit: .count, least: 10, written: "10", reason: kept),
            Bound(
                names: ["max_user_connections"], unit: .count, least: 10, written: "10", zeroIsOff: true,
                reason: "it also applies to Roost's own account"),
            Bound(
                names: ["max_password_errors"], unit: .count, least: 10, written: "10",
                reason: "a few wrong passwords would lock an account, including Roost's own"),
            Bound(
                names: ["max_allowed_packet"], unit: .bytes, least: 64 << 10, written: "64K",
                reason: "statements that set up accounts would not fit"),
            Bound(
                names: ["max_statement_time"], unit: .seconds, least: 1000, written: "1", zeroIsOff: true,
                reason: "it also ends Roost's own statements"),
            Bound(
                names: ["max_execution_time"], unit: .count, least: 1000, written: "1000", zeroIsOff: true,
                reason: "it also ends Roost's own queries"),
            Bound(
                names: ["max_session_mem_used"], unit: .bytes, least: 8 << 20, written: "8M",
                reason: "no session could log in"),
            Bound(
                names: ["thread_stack"], unit: .bytes, least: 256 << 10, written: "256K",
                reason: "ordinary statements would fail with 'Thread stack overrun'"),
            Bound(
                names: ["thread_pool_max_threads"], unit: .count, least: 10, written: "10",
                reason: "a few waiting statements would block all others"),
            Bound(
                names: ["max_connect_errors"], unit: .count, least: 100, written: "100",
                reason: "a few failed connections would block the router's address, which all clients share"),
            Bound(
                names: ["connect_timeout"], unit: .count, least: 5, written: "5",
                reason: "on a busy machine, logins would time out"),
            Bound(
                names: ["innodb_flush_log_at_timeout"], unit: .count, most: 10, written: "10", effect: .loss,
                reason: "clones write their log to disk only this often"),
            Bound(
                names: ["binlog_commit_wait_usec"], unit: .count, most: 1_000_000, written: "1000000",
                reason: "each commit waits that long for others, including Roost's own"),
        ],
        words: [
            Word(
                names: ["default_storage_engine", "storage_engine", "enforce_storage_engine"],
                words: [
                    "memory", "heap", "blackhole", "csv", "myisam", "mrg_myisam", "merge", "aria", "maria", "archive",
                    "example", "sequence", "federated", "spider", "connect",
                ], effect: .loss,
                reason:
                    "tables of this engine store nothing, or may lose committed writes in a crash; to use it for one "
                    + "table, name the engine in its CREATE TABLE"),
            Word(
                names: ["event_scheduler"], words: ["disabled"], effect: .harm,
                reason: "events could not be created or dropped, not even by an import; write OFF"),
            Word(
                names: ["thread_handling"], words: ["no-threads", "no_threads"],
                reason: "only one connection at a time would be served"),
            Word(
                names: ["transaction_read_only", "tx_read_only"], words: ["1", "on", "true"],
                reason: "nothing could be written, not even accounts and databases"),
        ])

    /// Without the bounds in PostgreSQL's own rules: `max_connections` and the log's sizes. Names in lower case.
    static let postgresql = SettingBounds(
        bounds: [
            Bound(
                names: ["statement_timeout", "transaction_timeout"], unit: .milliseconds, least: 1000, written: "1s",
                zeroIsOff: true, reason: "longer statements would fail, including those of imports"),
            Bound(
                names: ["authentication_timeout"], unit: .plainSeconds, least: 5000, written: "5s",
                reason: "on a busy machine, logins would time out"),
        ],
        words: [
            Word(
                names: ["session_replication_role"], words: ["replica", "local"], effect: .harm,
                reason: "foreign keys and triggers would have no effect; set it in the session that needs it")
        ])

    static let redis = SettingBounds(bounds: [
        Bound(names: ["maxclients"], unit: .count, least: 16, written: "16", reason: kept),
        Bound(
            names: ["maxmemory"], unit: .bytes, least: 4 << 20, written: "4mb",
            reason: "an empty server needs more, so every write would be refused"),
        Bound(
            names: ["busy-reply-threshold", "lua-time-limit"], unit: .count, least: 100, written: "100",
            zeroIsOff: true,
            reason: "even short scripts would cause BUSY errors for all other clients"),
    ])

    static let mongodb = SettingBounds(
        bounds: [
            Bound(names: ["net.maxIncomingConnections"], unit: .count, least: 20, written: "20", reason: kept),
            Bound(
                names: ["setParameter.maxSessions"], unit: .count, least: 1000, written: "1000",
                reason: "every client and member uses sessions"),
            Bound(
                names: ["storage.syncPeriodSecs"], unit: .seconds, least: 1000, written: "1", effect: .harm,
                reason: "without checkpoints the log grows until the disk is full, and each start replays all of it"),
        ],
        words: [
            Word(
                names: ["setParameter.notablescan"], words: ["true", "1"],
                reason: "reads of a whole collection would be refused, including Roost's own checks of accounts")
        ])
}
