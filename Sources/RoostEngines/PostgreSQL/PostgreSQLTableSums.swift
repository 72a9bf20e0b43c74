import RoostModel

/// Queries for checksums of PostgreSQL's tables. Pure.
///
/// The members have the same files, so a table is read in parts by its pages. The digest of rows is the sum of a 64-bit
/// hash of each row's text. The text comes from the types' output functions: a cast to `text` could be a function of the
/// table's owner, which would run as Roost.
enum PostgreSQLTableSums {
    /// Number of pages that one query reads: 32 MiB.
    static let pages = 4096

    /// Statements for a session that only reads, without helpers, no longer than `comparisonPatience`. Values have the
    /// same text whatever the settings of the database and of the role. A lock is not waited for longer than 5 s: others
    /// would wait behind this session.
    static let session = [
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET statement_timeout = '\(comparisonPatience.components.seconds)s'", "SET lock_timeout = '5s'",
        "SET max_parallel_workers_per_gather = 0", "SET jit = off", "SET datestyle = 'ISO'",
        "SET intervalstyle = 'postgres'", "SET timezone = 'UTC'", "SET extra_float_digits = 1",
        "SET bytea_output = 'hex'",
    ]

    static let databases =
        "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"

    static func exists(_ database: String) -> String {
        "SELECT 1 FROM pg_database WHERE datname = \(PostgreSQLText.literal(database))"
    }

    /// Columns: schema, name, kind, persistence, whether it is populated. Partitioned tables have no rows of their own.
    static let tables =
        "SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relispopulated FROM pg_class AS c "
        + "JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'f', 'S') "
        + "AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
        + "ORDER BY n.nspname, c.relname"

    static func table(_ row: [String?], in database: String) -> ComparableTable? {
        guard row.count == 5, let schema = row[0], let name = row[1] else { return nil }
        let leftOut: String? =
            switch (row[2], row[3], row[4]) {
            case ("f", _, _): "it is a foreign table"
            // The log has a sequence's numbers in advance.
            case ("S", _, _): "it is a sequence"
            case (_, "u", _): "it is unlogged"
            case ("m", _, "f"): "it is a materialized view without data"
            default: nil
            }
        return ComparableTable(database: database, schema: schema, table: name, leftOut: leftOut)
    }

    /// The number of pages, and the access method. No row: the table is gone.
    static func size(of table: ComparableTable) -> String {
        "SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint, a.amname FROM pg_class AS c "
            + "JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_am AS a ON a.oid = c.relam "
            + "WHERE n.nspname = \(PostgreSQLText.literal(table.schema ?? "")) "
            + "AND c.relname = \(PostgreSQLText.literal(table.table))"
    }

    /// Only tables of the usual access method have pages.
    static func shape(of table: ComparableTable, accessMethod: String?) -> TableShape {
        TableShape(
            table: table, row: "format('%s', roost_row.*)",
            key: accessMethod == "heap" ? TableShape.Key(column: "roost_row.ctid", label: "pages") : nil)
    }

    /// The last page of the part that begins behind `lower`, of a table of so many pages.
    static func end(after lower: Int?, pages total: Int) -> ChunkEnd {
        let end = (lower ?? -1) + pages
        return end >= total - 1 ? .last : .at(end)
    }

    static func sum(of chunk: TableChunk) -> String {
        let table = chunk.shape.table
        var limits: [String] = []
        if let column = chunk.shape.key?.column {
            limits += chunk.lower.map { ["\(column) >= '(\($0 + 1),0)'::tid"] } ?? []
            limits += chunk.upper.map { ["\(column) < '(\($0 + 1),0)'::tid"] } ?? []
        }
        return "SELECT count(*), sum(hashtextextended(\(chunk.shape.row), 0)::numeric) FROM ONLY "
            + "\(PostgreSQLText.identifier(table.schema ?? "")).\(PostgreSQLText.identifier(table.table)) AS roost_row"
            + (limits.isEmpty ? "" : " WHERE \(limits.joined(separator: " AND "))")
    }

    static func sum(_ row: [String?]?) -> ChunkSum {
        guard let row, row.count == 2, let count = row[0].flatMap({ Int($0) }) else {
            return .unreadable("the server's answer has another form")
        }
        return .rows(count: count, digest: row[1] ?? "0")
    }

    /// The answer that an error is, by its SQLSTATE.
    static func sum(state: String, _ message: String) -> ChunkSum {
        switch state {
        case "42P01", "3F000", "42703": .absent
        // Ended for the sake of the replica's log, a deadlock, a lock that is held, or a definition that just changed.
        case "40001", "40P01", "55P03", "XX000": .interrupted("error \(state): \(message)")
        case "57014": .unreadable("a query took longer than \(comparisonPatience.components.seconds) s")
        default: .unreadable("error \(state): \(message)")
        }
    }

    /// Columns: the end of everything that a query can have seen, and the number of commits that wait for long. The end of the
    /// flushed log is not enough: commits with `synchronous_commit = off` are seen before they are flushed.
    static let point =
        "SELECT pg_current_wal_insert_lsn(), "
        + "(SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
        + "AND state_change < clock_timestamp() - interval '1 second')"

    /// The place of the next record is behind the header of its page, which no replica applies before the record.
    static func end(of location: UInt64) -> UInt64 {
        let (page, longestHeader): (UInt64, UInt64) = (8192, 40)
        return location % page <= longestHeader ? location - location % page : location
    }
}
