import RoostModel

extension Administration {
    /// Databases with a table, a view, a routine or an event.
    func filledDatabases(_ plan: ServerPlan, system: Set<String>) async throws(EngineError) -> [String] {
        let hidden = system.sorted().map(SQLText.literal).joined(separator: ", ")
        return try await administer(plan.address) { connection throws(ClientFault) in
            try connection.run(
                """
                SELECT TABLE_SCHEMA AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN (\(hidden))
                UNION SELECT ROUTINE_SCHEMA FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN (\(hidden))
                UNION SELECT EVENT_SCHEMA FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN (\(hidden))
                """
            ).compactMap { $0.first ?? nil }.sorted()
        }
    }

    /// Gathers the statistics of all user tables, so that no clone has to. A table that cannot be read stops nothing:
    /// its users will see the error themselves.
    func analyse(_ plan: ServerPlan, system: Set<String>, patience: Duration) async throws(EngineError) {
        let hidden = system.sorted().map(SQLText.literal).joined(separator: ", ")
        let deadline = ContinuousClock.now + patience
        let tables = try await administer(plan.address) { connection throws(ClientFault) in
            try connection.run(
                "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
                    + "WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN (\(hidden))"
            ).compactMap { row in row[0].flatMap { schema in row[1].map { (schema, $0) } } }
        }
        for (schema, table) in tables where ContinuousClock.now < deadline {
            try await administer(plan.address) { connection throws(ClientFault) in
                let name = "\(SQLText.identifier(schema)).\(SQLText.identifier(table))"
                try connection.run("ANALYZE NO_WRITE_TO_BINLOG TABLE \(name)")
            }
        }
    }
}

extension ServerConnection {
    /// Locks all accounts except the application user and the hidden ones. The accounts remain because objects run in
    /// their names, but nobody can sign on with them.
    func lockAccounts(_ plan: ServerPlan, list: String) throws(ClientFault) {
        let kept = SystemAccounts.hidden.union([plan.applicationUser])
        for row in try run(list) {
            guard let name = row[0], let host = row[1], !kept.contains(name) else { continue }
            try run("ALTER USER \(SQLText.account(name, host)) ACCOUNT LOCK")
        }
    }
}
