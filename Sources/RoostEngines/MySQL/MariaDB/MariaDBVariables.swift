import RoostModel
import Synchronization

/// Compares the global variables of a running MariaDB server that were set by a statement with those it was started
/// with. Pure.
///
/// Only Roost may set global variables. A session that had Roost's own account for a moment may have set some, and
/// the values outlive the repair of the account, until the next start (manual: `SYSTEM_VARIABLES`, column
/// `GLOBAL_VALUE_ORIGIN`).
struct ExpectedVariables: Sendable {
    /// Values as in the option file, by usual name. All other variables have the server's default.
    let wanted: [String: String]
    /// Variables that are compared elsewhere.
    let exempt: Set<String>

    init(wanted: [String: String], exempt: Set<String> = []) {
        self.wanted = Dictionary(wanted.map { (Self.usual($0.key), $0.value) }) { first, _ in first }
        self.exempt = exempt
    }

    /// A variable that a statement set: `wait_timeout`, `28800`.
    struct Seen: Equatable, Sendable {
        /// The usual name if the variable has two.
        let name: String
        let value: String
        /// The name that the server reported.
        let variable: String

        init(_ variable: String, _ value: String) {
            name = ExpectedVariables.usual(variable)
            self.value = value
            self.variable = variable
        }
    }

    /// Alternative names, which the server lists as variables of their own: setting one sets both.
    private static let twins = [
        "tmp_memory_table_size": "tmp_table_size", "log_slow_query_time": "long_query_time",
        "log_slow_query": "slow_query_log", "log_slow_query_file": "slow_query_log_file",
        "log_slow_min_examined_row_limit": "min_examined_row_limit", "transaction_isolation": "tx_isolation",
        "transaction_read_only": "tx_read_only", "storage_engine": "default_storage_engine",
    ]

    static func usual(_ name: String) -> String { twins[name] ?? name }

    /// The type and bounds with which the server interprets a variable's values.
    struct Form: Equatable, Sendable {
        /// `BIGINT UNSIGNED`, `ENUM`
        let type: String
        var words: [String] = []
        var least: Double?
        var most: Double?
        var block: Double?
    }

    /// Variables that Roost sets to open and close a server, replication positions, and switches that trigger an
    /// action and keep no state.
    private static let own: Set<String> = [
        "read_only", "gtid_slave_pos", "gtid_binlog_state", "gtid_binlog_pos", "gtid_current_pos",
        "innodb_monitor_enable", "innodb_monitor_disable", "innodb_monitor_reset", "innodb_monitor_reset_all",
    ]

    private static let marker = "variable"

    // MARK: Asking

    /// Query with three columns: a marker, the name and the value of each variable that a statement set. Left out are
    /// those at the server's default for which no other value is expected. Texts are short, as in the rows of the
    /// query that this one is joined to.
    var rows: String {
        func list(_ names: some Collection<String>) -> String {
            names.sorted().map(SQLText.literal).joined(separator: ", ")
        }
        let names = Array(wanted.keys) + Self.twins.filter { wanted[$0.value] != nil }.keys
        return "(SELECT '\(Self.marker)', CAST(LOWER(VARIABLE_NAME) AS CHAR(500)), "
            + "CAST(COALESCE(GLOBAL_VALUE, '') AS CHAR(500)) FROM information_schema.SYSTEM_VARIABLES "
            + "WHERE GLOBAL_VALUE_ORIGIN = 'SQL' AND VARIABLE_NAME NOT IN (\(list(exempt.union(Self.own)))) "
            + "AND (VARIABLE_NAME IN (\(list(names))) "
            + "OR COALESCE(GLOBAL_VALUE, '') <> COALESCE(DEFAULT_VALUE, '')) LIMIT 100)"
    }

    /// Query for the type and bounds of a variable and its full value: six columns.
    static func form(of name: String) -> String {
        "SELECT VARIABLE_TYPE, ENUM_VALUE_LIST, NUMERIC_MIN_VALUE, NUMERIC_MAX_VALUE, NUMERIC_BLOCK_SIZE, "
            + "COALESCE(GLOBAL_VALUE, '') FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = \(SQLText.literal(name))"
    }

    /// Query for a variable's value, cast as in `rows`.
    static func value(of name: String) -> String {
        "SELECT CAST(COALESCE(GLOBAL_VALUE, '') AS CHAR(500)) FROM information_schema.SYSTEM_VARIABLES "
            + "WHERE VARIABLE_NAME = \(SQLText.literal(name))"
    }

    // MARK: Comparing

    /// Variables in a result that somebody else may have set. `own`: values that Roost set last, as the server shows
    /// them.
    func suspects(_ rows: [[String?]], own: [String: String]) -> [Seen] {
        var known: Set<String> = []
        return rows.compactMap { row in
            guard row.count == 3, row[0] == Self.marker, let variable = row[1] else { return nil }
            let seen = Seen(variable, row[2] ?? "")
            if own[seen.name] == seen.value || wanted[seen.name]?.lowercased() == seen.value.lowercased() { return nil }
            return known.insert(seen.name).inserted ? seen : nil
        }
    }

    /// Whether a value, as the server shows it, is the expected one, as an option file may write it.
    func isWanted(_ seen: Seen, _ form: Form?) -> Bool {
        guard let wanted = wanted[seen.name], let form else { return false }
        return form.reads(wanted, as: seen.value)
    }

    func drift(_ seen: Seen) -> AccountDrift {
        func short(_ text: String) -> String { text.isEmpty ? "''" : SettingText.printable(String(text.prefix(60))) }
        let usual = wanted[seen.name].map(short) ?? "the default"
        return AccountDrift(.setting, "\(seen.name) is \(short(seen.value)), not \(usual)")
    }
}

extension ExpectedVariables.Form {
    /// A row of `ExpectedVariables.form`.
    init?(row: [String?]?) {
        guard let row, row.count == 6, let type = row[0] else { return nil }
        self.type = type
        words = row[1]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        (least, most, block) = (row[2].flatMap(Double.init), row[3].flatMap(Double.init), row[4].flatMap(Double.init))
    }

    func reads(_ wanted: String, as shown: String) -> Bool {
        let (wanted, shown) = (wanted.lowercased(), shown.lowercased())
        if wanted == shown { return true }
        switch type {
        case "BOOLEAN": return Self.truth(wanted) != nil && Self.truth(wanted) == Self.truth(shown)
        case "ENUM":
            if let index = Int(wanted) { return words.indices.contains(index) && words[index].lowercased() == shown }
            return Self.truth(wanted) != nil && Self.truth(wanted) == Self.truth(shown)
        case "SET":
            let (given, all) = (Self.list(wanted), Self.list(shown))
            // A mode may stand for several: TRADITIONAL, ANSI.
            return given == all || (!given.isEmpty && given.isSubset(of: all) && !given.isDisjoint(with: Self.groups))
        case "FLAGSET": return Self.list(wanted).subtracting(["default"]).isSubset(of: Self.list(shown))
        case _ where type.contains("INT") || type == "DOUBLE":
            guard let number = SettingText.literals(wanted).first.flatMap(Double.init), let seen = Double(shown)
            else { return false }
            return taken(number) == seen
        default: return false
        }
    }

    /// The number that the server would use: within its bounds, and in whole blocks.
    private func taken(_ number: Double) -> Double {
        var number = min(max(number, least ?? number), most ?? number)
        if let block, block > 1 { number = (number / block).rounded(.down) * block }
        return number
    }

    private static let groups: Set<String> = [
        "ansi", "traditional", "oracle", "mssql", "db2", "maxdb", "postgresql", "mysql323", "mysql40",
    ]

    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "on", "true", "yes": true
        case "0", "off", "false", "no": false
        default: nil
        }
    }

    private static func list(_ text: String) -> Set<String> {
        Set(text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) })
    }
}

/// Variables that Roost itself set by a statement on running servers, with the values that the servers show.
final class OwnVariables: Sendable {
    private let values = Mutex<[String: [String: String]]>([:])

    func of(_ server: ServerAddress) -> [String: String] { values.withLock { $0[server.socket] ?? [:] } }

    func note(_ name: String, _ value: String, of server: ServerAddress) {
        values.withLock { $0[server.socket, default: [:]][ExpectedVariables.usual(name)] = value }
    }
}

extension ExpectedVariables {
    /// Variables that somebody else set. Where the texts differ, the server is asked for the variable's type and full
    /// value.
    func foreign(
        _ rows: [[String?]], through connection: ServerConnection, own: OwnVariables, of server: ServerAddress
    ) throws(ClientFault) -> [Seen] {
        var foreign: [Seen] = []
        for seen in suspects(rows, own: own.of(server)) {
            let row = wanted[seen.name] == nil ? nil : try connection.run(Self.form(of: seen.variable)).first
            if isWanted(Seen(seen.variable, (row?.last ?? nil) ?? seen.value), Form(row: row)) {
                own.note(seen.name, seen.value, of: server)
            } else {
                foreign.append(seen)
            }
        }
        return foreign
    }

    /// Resets variables that somebody else set to the expected values, and returns the first error.
    func setBack(
        through connection: ServerConnection, own: OwnVariables, of server: ServerAddress
    ) throws(ClientFault) -> ClientFault? {
        var first: ClientFault?
        for seen in try foreign(try connection.run(rows), through: connection, own: own, of: server) {
            do throws(ClientFault) {
                try connection.change(seen.variable, wanted[seen.name])
                try own.note(seen.variable, through: connection, of: server)
            } catch {
                guard !error.isUnanswered else { throw error }
                first = first ?? error
            }
        }
        return first
    }
}

extension OwnVariables {
    /// Records the value that the server shows after Roost set it.
    func note(_ name: String, through connection: ServerConnection, of server: ServerAddress) throws(ClientFault) {
        guard let value = try connection.run(ExpectedVariables.value(of: name)).first?.first ?? nil else { return }
        note(name, value, of: server)
    }
}
