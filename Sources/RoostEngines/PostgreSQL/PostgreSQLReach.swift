import RoostModel

/// Checks whether clients can enter the application's databases, and which files a server must have. Pure.
struct PostgreSQLReach {
    let plan: ServerPlan

    /// Rows, one per database: its name, whether it accepts connections, its connection limit, and whether the
    /// application user may connect.
    var databases: String {
        let names = plan.databases.map(PostgreSQLText.literal).joined(separator: ", ")
        return "SELECT d.datname, d.datallowconn, d.datconnlimit, "
            + "(SELECT has_database_privilege(r.oid, d.oid, 'CONNECT') FROM pg_roles r WHERE r.rolname = \(PostgreSQLText.literal(plan.applicationUser))) "
            + "FROM pg_database d WHERE d.datname IN (\(names))"
    }

    /// Folders of databases, and the segment of the log that a recovery would begin with.
    ///
    /// A limit of -2 marks a database that is being dropped.
    static let files =
        "SELECT 'base/' || oid FROM pg_database WHERE datconnlimit <> -2 "
        + "AND dattablespace = (SELECT oid FROM pg_tablespace WHERE spcname = 'pg_default') "
        + "AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).size IS NULL UNION ALL "
        + "SELECT 'pg_wal/' || redo_wal_file FROM pg_control_checkpoint() "
        + "WHERE (pg_stat_file('pg_wal/' || redo_wal_file, true)).size IS NULL LIMIT \(Visit.mostNames)"

    /// Databases that can be entered, with their oids, the service's own first. A template is excluded: it cannot be
    /// copied while a session is in it.
    var entries: String {
        let names = plan.databases.map(PostgreSQLText.literal).joined(separator: ", ")
        return "SELECT oid, datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
            + "AND datconnlimit <> -2 "
            + "AND datname <> \(PostgreSQLText.literal(PostgreSQLAccounts.administrationDatabase)) "
            + "ORDER BY array_position(ARRAY[\(names)]::name[], datname), oid"
    }

    /// Tables and indexes of the current database, the largest first, whose segment files are missing: the kind, the
    /// name, and the path of a missing segment.
    static let relations =
        "SELECT relkind, name, path || CASE WHEN n = 0 THEN '' ELSE '.' || n END AS file "
        + "FROM (SELECT relkind, oid::regclass::text AS name, pg_relation_filepath(oid) AS path, relpages FROM pg_class "
        + "WHERE relkind IN ('r', 't', 'm', 'S', 'i') AND relpersistence = 'p' ORDER BY relpages DESC LIMIT 10000) c, "
        + "LATERAL generate_series(0, greatest(relpages - 1, 0) "
        + "/ (pg_size_bytes(current_setting('segment_size')) / current_setting('block_size')::bigint)) n "
        + "WHERE path IS NOT NULL AND (pg_stat_file(path || CASE WHEN n = 0 THEN '' ELSE '.' || n END, true)).size IS NULL "
        + "LIMIT \(Visit.mostNames)"

    /// The number of databases that one visit examines, each over its own connection.
    static let mostDatabases = 2

    /// The databases that a visit examines: the service's first database, those with files found missing, and as many
    /// of the rest as time allows, in rotation. `rows`: the answer to `entries`.
    static func chosen(_ rows: [[String?]], _ aim: VisitAim) -> [String] {
        let all = rows.compactMap { row in row.count == 2 ? row[0].flatMap { oid in row[1].map { (oid, $0) } } : nil }
        guard let first = all.first else { return [] }
        // `base/16384/2619`, `pg_tblspc/16400/PG_15_202209061/16384/2619`
        let suspects = Set(aim.suspects.compactMap { $0.split(separator: "/").dropLast().last.map(String.init) })
        let suspected = all.dropFirst().filter { suspects.contains($0.0) }
        let rest = all.dropFirst().filter { !suspects.contains($0.0) }
        let count = max(0, min(rest.count, mostDatabases - 1 - suspected.count))
        let start = rest.isEmpty ? 0 : aim.turn * (mostDatabases - 1) % rest.count
        let turn = (0..<count).map { rest[rest.startIndex + (start + $0) % rest.count] }
        return ([first] + suspected.prefix(mostDatabases) + turn).map(\.1)
    }

    /// Missing files of a database according to the rows of `relations`. An index can be rebuilt from its table.
    struct Found: Equatable {
        var missing: [String] = []
        var indexes: [(file: String, name: String)] = []

        init() {}

        init(_ rows: [[String?]], in database: String) {
            for row in rows where row.count == 3 {
                guard let kind = row[0], let name = row[1], let file = row[2] else { continue }
                if kind == "i" {
                    indexes.append((file, "\(name) of the database \(database)"))
                } else {
                    missing.append(file)
                }
            }
        }

        static func == (one: Found, other: Found) -> Bool {
            one.missing == other.missing && one.indexes.elementsEqual(other.indexes, by: ==)
        }

        static func += (sum: inout Found, other: Found) {
            sum.missing += other.missing
            sum.indexes += other.indexes
        }

        var remark: Visit.Remark? {
            if indexes.isEmpty { return nil }
            return Visit.Remark(
                files: indexes.map(\.file),
                words:
                    "index files were removed while the server was running: \(Visit.list(indexes.map(\.name))). No "
                    + "data is lost: rebuild each index with REINDEX INDEX")
        }
    }

    /// The missing file that keeps a database from being entered, from the server's message: `could not open file
    /// "base/5/1259": …`.
    static func missing(_ message: String) -> String? {
        guard message.contains("No such file"), let match = message.firstMatch(of: #/could not open file "([^"]+)"/#)
        else { return nil }
        return String(match.1)
    }

    /// `rows`: the answer to `databases`.
    func refusal(_ rows: [[String?]]) -> String? {
        for name in plan.databases {
            guard let row = rows.first(where: { $0.first == name }), row.count == 4 else {
                return "its database '\(name)' is missing (dropped or renamed), but connection strings use it: rename "
                    + "it back, or create an empty one with 'roost restart SERVICE'"
            }
            let change: String? =
                switch (row[1], row[2], row[3]) {
                case ("f", _, _): "ALTER DATABASE \(PostgreSQLText.identifier(name)) ALLOW_CONNECTIONS true"
                case (_, "0", _): "ALTER DATABASE \(PostgreSQLText.identifier(name)) CONNECTION LIMIT -1"
                case (_, _, "f"):
                    "GRANT CONNECT ON DATABASE \(PostgreSQLText.identifier(name)) TO "
                        + PostgreSQLText.identifier(plan.applicationUser)
                default: nil
                }
            if let change {
                return "its database '\(name)' was closed to clients; open it again with \(change); in the database "
                    + "postgres ('roost url SERVICE' shows how to connect)"
            }
            // The limit that an interrupted DROP DATABASE leaves.
            if row[2] == "-2" {
                return "its database '\(name)' was only partially dropped: drop it again, and create an empty one with "
                    + "'roost restart SERVICE', or restore a snapshot"
            }
        }
        return nil
    }
}

extension PostgreSQL {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        // `run` throws only if the call is cancelled; a cancelled visit has no result.
        let answer = try? await AdministrationThreads.run { () throws(PostgreSQLFault) -> Visit in
            try visit(plan, aim)
        }
        switch answer {
        case .success(let visit): return visit
        case .failure(.silent): return .silence
        case .failure(.notConnected(let message)): return .refused(message)
        // An error in one of Roost's own statements: its result is unknown.
        case .failure(.refused), nil: return .welcome
        }
    }

    private func visit(_ plan: ServerPlan, _ aim: VisitAim) throws(PostgreSQLFault) -> Visit {
        let administration = try PostgreSQLConnection(plan.address, .probe)
        let reach = PostgreSQLReach(plan: plan)
        var visit = Visit(
            refusal: reach.refusal(try administration.run(reach.databases)),
            missing: try administration.run(PostgreSQLReach.files).compactMap { $0.first ?? nil })
        guard visit == .welcome else { return visit }
        var found = PostgreSQLReach.Found()
        for name in PostgreSQLReach.chosen(try administration.run(reach.entries), aim) {
            let client: PostgreSQLConnection
            do { client = try PostgreSQLConnection(plan.address, database: name, .probe) } catch {
                // Databases other than the service's own may be dropped, renamed and closed by their owners.
                if plan.databases.contains(name) { throw error }
                if case .notConnected(let message) = error {
                    found.missing += PostgreSQLReach.missing(message).map { [$0] } ?? []
                }
                continue
            }
            do {
                found += PostgreSQLReach.Found(try client.run(PostgreSQLReach.relations), in: name)
            } catch .notConnected(let message) where plan.databases.contains(name) {
                throw .notConnected(message)
            } catch {
                // A catalogue that is slow to read says nothing about whether clients are admitted.
                continue
            }
        }
        visit.missing = found.missing
        visit.remark = found.remark
        return visit
    }
}
