import RoostModel

/// Queries for checksums of tables on servers of the MySQL family. Pure.
///
/// A row's text has all columns but virtual ones. Texts and bytes are hashed by column, so that the text stays short and
/// no character sets are mixed. The digest of rows is the sum of 60 bits of each row's SHA-256: rows in another order have
/// the same digest, and unlike an exclusive or, a row that is there twice does not cancel itself. MySQL 9.7 has no MD5
/// without a component.
struct TableSums: Sendable {
    /// Databases that are not the users'.
    let systemDatabases: Set<String>

    /// Number of rows that one query reads, if rows have distinct keys.
    static let rows = 10_000

    /// Statements for a session that only reads: a consistent read of each statement's own, of values that do not depend
    /// on the session's time zone, no longer than `comparisonPatience`. A definition that is locked is not waited for
    /// longer than 5 s: others would wait behind this session. MariaDB reads only the first of the two comments, MySQL
    /// only the second.
    static let session: [String] = {
        let seconds = comparisonPatience.components.seconds
        return [
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET SESSION time_zone = '+00:00', lock_wait_timeout = 5 /*M! , max_statement_time = \(seconds) */ "
                + "/*!80000 , max_execution_time = \(seconds * 1000) */",
        ]
    }()

    // MARK: Tables

    /// Columns: database, table, kind, storage engine.
    var tables: String {
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE "
            + "TABLE_TYPE NOT LIKE '%VIEW' AND TABLE_SCHEMA NOT IN "
            + "(\(systemDatabases.sorted().map(SQLText.literal).joined(separator: ", "))) "
            + "ORDER BY TABLE_SCHEMA, TABLE_NAME"
    }

    static func table(_ row: [String?]) -> ComparableTable? {
        guard row.count == 4, let database = row[0], let name = row[1] else { return nil }
        return ComparableTable(
            database: database, table: name, isVersioned: row[2] == "SYSTEM VERSIONED",
            leftOut: leftOut(kind: row[2] ?? "", engine: row[3]))
    }

    /// Other engines than InnoDB have no consistent read: a checksum would lock out writers.
    private static func leftOut(kind: String, engine: String?) -> String? {
        switch (kind, engine) {
        case ("SEQUENCE", _): "it is a sequence"
        case ("TEMPORARY", _): "it is temporary"
        case (_, "MEMORY"): "it is kept in memory"
        case (_, "InnoDB"): nil
        case (_, let engine): "its storage engine is \(engine ?? "unknown")"
        }
    }

    // MARK: Shapes

    /// Columns: name, type, `EXTRA`, position in the primary key, the table's storage engine. Nil as a position: not in
    /// the key.
    static func columns(of table: ComparableTable) -> String {
        "SELECT c.COLUMN_NAME, c.DATA_TYPE, c.EXTRA, k.ORDINAL_POSITION, t.ENGINE "
            + "FROM information_schema.COLUMNS AS c JOIN information_schema.TABLES AS t "
            + "ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME "
            + "LEFT JOIN information_schema.KEY_COLUMN_USAGE AS k ON k.TABLE_SCHEMA = c.TABLE_SCHEMA "
            + "AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME AND k.CONSTRAINT_NAME = 'PRIMARY' "
            + "WHERE c.TABLE_SCHEMA = \(SQLText.literal(table.database)) "
            + "AND c.TABLE_NAME = \(SQLText.literal(table.table)) ORDER BY c.ORDINAL_POSITION"
    }

    /// Nil without columns: the table is gone.
    static func shape(of table: ComparableTable, _ columns: [[String?]]) -> TableShape? {
        var texts: [String] = []
        var key: TableShape.Key?
        for column in columns {
            guard column.count == 5, let name = column[0], let type = column[1]?.lowercased() else { continue }
            if column[3] == "1", integers.contains(type) {
                key = TableShape.Key(column: SQLText.identifier(name), label: "rows with \(name)")
            }
            if !(column[2] ?? "").uppercased().contains("VIRTUAL") { texts.append(text(of: name, type)) }
        }
        guard !texts.isEmpty else { return nil }
        return TableShape(
            table: table, row: "CONCAT_WS(',', \(texts.joined(separator: ", ")))", definition: definition(columns),
            key: key)
    }

    private static func definition(_ columns: [[String?]]) -> String {
        let engine = columns.first?.last ?? nil
        return columns.map { "\($0[0] ?? "") \($0[1] ?? "")" }.joined(separator: ", ") + " \(engine ?? "")"
    }

    private static let integers: Set = ["tinyint", "smallint", "mediumint", "int", "bigint"]
    private static let plain: Set = [
        "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "date", "datetime", "timestamp",
        "time",
        "year",
    ]

    /// A value as text without a comma; `N` for NULL. A FLOAT as a DOUBLE has all of its digits.
    private static func text(of name: String, _ type: String) -> String {
        let column = SQLText.identifier(name)
        return switch type {
        case "float": "IFNULL(\(column) + 0e0, 'N')"
        case "bit": "IFNULL(\(column) + 0, 'N')"
        case _ where plain.contains(type): "IFNULL(\(column), 'N')"
        default: "IFNULL(SHA2(\(column), 256), 'N')"
        }
    }

    // MARK: Parts

    private static func name(_ table: ComparableTable) -> String {
        "\(SQLText.identifier(table.database)).\(SQLText.identifier(table.table))"
            + (table.isVersioned ? " FOR SYSTEM_TIME ALL" : "")
    }

    /// The last key of the part behind `lower`. No row: the part is the last one.
    static func end(of table: ComparableTable, _ key: TableShape.Key, after lower: Int?) -> String {
        "SELECT \(key.column) FROM \(name(table)) " + (lower.map { "WHERE \(key.column) > \($0) " } ?? "")
            + "ORDER BY \(key.column) LIMIT 1 OFFSET \(rows - 1)"
    }

    static func sum(of chunk: TableChunk) -> String {
        var limits: [String] = []
        if let column = chunk.shape.key?.column {
            limits += chunk.lower.map { ["\(column) > \($0)"] } ?? []
            limits += chunk.upper.map { ["\(column) <= \($0)"] } ?? []
        }
        return "SELECT COUNT(*), SUM(CAST(CONV(LEFT(SHA2(\(chunk.shape.row), 256), 15), 16, 10) AS UNSIGNED)) "
            + "FROM \(name(chunk.shape.table))"
            + (limits.isEmpty ? "" : " WHERE \(limits.joined(separator: " AND "))")
    }

    static func sum(_ row: [String?]?) -> ChunkSum {
        guard let row, row.count == 2, let count = row[0].flatMap({ Int($0) }) else {
            return .unreadable("the server's answer has another form")
        }
        return .rows(count: count, digest: row[1] ?? "0")
    }

    /// The answer that an error is. Nil: the server could not be reached.
    static func sum(_ fault: ClientFault) -> ChunkSum? {
        if fault.isUnanswered { return nil }
        return switch fault.code {
        case 1049, 1054, 1146: .absent
        case 1205, 1317, 1412, 1213: .interrupted("error \(fault.code): \(fault.message)")
        case 1969, 3024: .unreadable("a query took longer than \(comparisonPatience.components.seconds) s")
        default: .unreadable("error \(fault.code): \(fault.message)")
        }
    }
}

// MARK: Asking

extension TableSums {
    /// Whether a commit has waited for its acknowledgement for a second or longer. `Waiting for semi-sync ACK from slave`
    /// is MariaDB's state, MySQL's ends in `replica`; both count whole seconds since the statement began.
    static func commitsWait(_ connection: ServerConnection) throws(ClientFault) -> Bool {
        try connection.records("SHOW PROCESSLIST").contains(where: isLongWait)
    }

    static func isLongWait(_ session: [String: String]) -> Bool {
        (session["State"] ?? "").hasPrefix("Waiting for semi-sync ACK from")
            && (session["Time"].flatMap { Int($0) } ?? 1) >= 1
    }
}

extension Administration {
    /// Runs a query in a session that only reads.
    private func read<Value: Sendable>(
        _ server: ServerAddress, _ work: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Value
    ) async throws(EngineError) -> Value {
        try await administer(server) { connection throws(ClientFault) in
            for statement in TableSums.session { try connection.run(statement) }
            return try work(connection)
        }
    }

    func comparableTables(_ server: ServerAddress, _ sums: TableSums) async throws(EngineError) -> [ComparableTable] {
        try await read(server) { connection throws(ClientFault) in
            try connection.run(sums.tables).compactMap(TableSums.table)
        }
    }

    func shape(of table: ComparableTable, _ server: ServerAddress) async throws(EngineError) -> TableShape? {
        try await read(server) { connection throws(ClientFault) in
            TableSums.shape(of: table, try connection.run(TableSums.columns(of: table)))
        }
    }

    func chunkEnd(
        of shape: TableShape, after lower: Int?, _ server: ServerAddress
    ) async throws(EngineError) -> ChunkEnd {
        guard let key = shape.key else { return .last }
        return try await read(server) { connection throws(ClientFault) in
            do throws(ClientFault) {
                let row = try connection.run(TableSums.end(of: shape.table, key, after: lower)).first
                // A key beyond the signed numbers ends no part: the rest of the table is one.
                return row?.first.flatMap(\.self).flatMap { Int($0) }.map(ChunkEnd.at) ?? .last
            } catch {
                switch TableSums.sum(error) {
                case nil: throw error
                case .absent: return .last
                case .unreadable(let reason), .interrupted(let reason): return .unknown(reason)
                case .rows: return .last
                }
            }
        }
    }

    func sum(of chunk: TableChunk, _ server: ServerAddress) async throws(EngineError) -> ChunkSum {
        try await read(server) { connection throws(ClientFault) in
            do throws(ClientFault) { return TableSums.sum(try connection.run(TableSums.sum(of: chunk)).first) } catch {
                guard let answer = TableSums.sum(error) else { throw error }
                return answer
            }
        }
    }
}
