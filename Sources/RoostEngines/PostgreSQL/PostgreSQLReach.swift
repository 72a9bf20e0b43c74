import RoostModel

/// What lets clients into the databases that users are given, and which files a server must have. Pure.
struct PostgreSQLReach {
    let plan: ServerPlan

    /// A row a database: its name, whether it takes connections, how many, and whether the application user may.
    var databases: String {
        let names = plan.databases.map(PostgreSQLText.literal).joined(separator: ", ")
        return "SELECT d.datname, d.datallowconn, d.datconnlimit, "
            + "(SELECT has_database_privilege(r.oid, d.oid, 'CONNECT') FROM pg_roles r WHERE r.rolname = \(PostgreSQLText.literal(plan.shownUser))) "
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

    /// Tables of the database that it is asked in, the largest first. Indexes can be made again.
    static let tables =
        "SELECT path FROM (SELECT pg_relation_filepath(oid) AS path FROM pg_class WHERE relkind IN ('r', 't', 'm', 'S') "
        + "AND relpersistence = 'p' ORDER BY relpages DESC LIMIT 5000) c "
        + "WHERE path IS NOT NULL AND (pg_stat_file(path, true)).size IS NULL LIMIT \(Visit.mostNames)"

    /// `rows`: the answer to `databases`.
    func refusal(_ rows: [[String?]]) -> String? {
        for name in plan.databases {
            guard let row = rows.first(where: { $0.first == name }), row.count == 4 else {
                return "its database '\(name)' is gone (dropped or renamed), and connection strings name it: rename it "
                    + "back, or make an empty one with 'roost restart SERVICE'"
            }
            let change: String? =
                switch (row[1], row[2], row[3]) {
                case ("f", _, _): "ALTER DATABASE \(PostgreSQLText.identifier(name)) ALLOW_CONNECTIONS true"
                case (_, "0", _): "ALTER DATABASE \(PostgreSQLText.identifier(name)) CONNECTION LIMIT -1"
                case (_, _, "f"):
                    "GRANT CONNECT ON DATABASE \(PostgreSQLText.identifier(name)) TO "
                        + PostgreSQLText.identifier(plan.shownUser)
                default: nil
                }
            if let change {
                return "its database '\(name)' was closed to clients; open it again by \(change); in the database "
                    + "postgres ('roost url SERVICE' shows how to connect)"
            }
            // What an interrupted DROP DATABASE leaves.
            if row[2] == "-2" {
                return "its database '\(name)' was dropped in part: drop it again, and make an empty one with "
                    + "'roost restart SERVICE', or restore a snapshot"
            }
        }
        return nil
    }
}

extension PostgreSQL {
    package func visit(_ plan: ServerPlan, removed: [String]) async -> Visit {
        // The only error is that of a cancelled call, which showed nothing.
        let answer = try? await AdministrationThreads.run { () throws(PostgreSQLFault) -> Visit in try visit(plan) }
        switch answer {
        case .success(let visit): return visit
        case .failure(.silent): return .silence
        case .failure(.notConnected(let message)): return .refused(message)
        // A statement of Roost's own: what it would have shown is not known.
        case .failure(.refused), nil: return .welcome
        }
    }

    private func visit(_ plan: ServerPlan) throws(PostgreSQLFault) -> Visit {
        let administration = try PostgreSQLConnection(plan.address, .probe)
        let reach = PostgreSQLReach(plan: plan)
        var visit = Visit(
            refusal: reach.refusal(try administration.run(reach.databases)),
            missing: try administration.run(PostgreSQLReach.files).compactMap { $0.first ?? nil })
        guard visit == .welcome, let shown = plan.databases.first else { return visit }
        let client = try PostgreSQLConnection(plan.address, database: shown, .probe)
        do {
            visit.missing = try client.run(PostgreSQLReach.tables).compactMap { $0.first ?? nil }
        } catch .notConnected(let message) {
            throw .notConnected(message)
        } catch {
            // A catalogue that takes longer to read says nothing of whether clients are let in.
        }
        return visit
    }
}
