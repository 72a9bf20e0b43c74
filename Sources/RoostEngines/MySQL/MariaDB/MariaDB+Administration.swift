import RoostModel

// Calls that query or change a running server with Roost's own account.
extension MariaDB {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? {
        MariaDBAccountFacts(plan: plan).expectation
    }

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        await administration.probe(server, expecting: expected)
    }

    package func open(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try giveDefinersAwayAfterRepair(plan, connection)
            try connection.makeDatabases(plan.databases)
            try beginHistory(plan, connection)
            if plan.group != nil, plan.runsEvents {
                try connection.run("SET GLOBAL event_scheduler = ON")
            }
            try connection.run("SET GLOBAL read_only = 0")
        }
        administration.closed.remove(plan.address)
    }

    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // Not written to the binary log: each server of a service does this for itself.
            try connection.run("SET SESSION sql_log_bin = 0")
            for statement in MariaDBAccounts(plan: plan).statements { try connection.run(statement) }
            try removeStrangers(MariaDBFollowers(plan), connection)
            // The certificate files may be newer. A server that started without a certificate reads it at its next
            // start.
            if try connection.run("SELECT @@global.have_ssl").first?.first == "YES" { try connection.run("FLUSH SSL") }
            try connection.run("SET SESSION sql_log_bin = 1")
            // Databases are created on the primary, and reach replicas through the binary log.
            if try connection.isReadOnly { return }
            try connection.makeDatabases(plan.databases)
            try beginHistory(plan, connection)
        }
        try await renewSource(plan)
    }

    /// The logs of data that were restored were left behind. Their position, if it is known, becomes that of the new
    /// log; otherwise a transaction that changes nothing gives them the first. A replica could not follow from none.
    private func beginHistory(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        guard !plan.profile.isCopy else { return }
        let row = try connection.run("SELECT @@global.gtid_binlog_pos, @@global.gtid_slave_pos").first ?? []
        guard let logged = row.first, (logged ?? "").isEmpty else { return }
        if let known = row.last ?? nil, !known.isEmpty {
            try connection.run("SET GLOBAL gtid_binlog_state = \(SQLText.literal(known))")
        } else {
            try connection.run("DROP TABLE IF EXISTS mysql.roost_position")
        }
    }

    /// Removes the accounts of members that left, and ends their sessions.
    private func removeStrangers(
        _ followers: MariaDBFollowers, _ connection: ServerConnection
    ) throws(ClientFault) {
        if try !connection.run(followers.strangers).isEmpty {
            for statement in followers.removals + ["FLUSH LOCAL PRIVILEGES"] { try connection.run(statement) }
        }
        try connection.kill(try connection.run(followers.strangersSessions).compactMap { $0.first ?? nil })
    }

    /// A replica keeps the password with which it follows.
    private func renewSource(_ plan: ServerPlan) async throws(EngineError) {
        guard let group = plan.group, let source = group.source,
            let known = MariaDBSourceFile.password(in: plan.folders.data), known != group.own.password
        else { return }
        try await follow(source, plan)
    }

    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> {
        let fixed = Set(MariaDBCopies.fixed(plan.profile).map(\.name))
        let own = changed.filter { !fixed.contains(SettingText.normalised($0.key)) }
        return try await administration.applySettings(own, plan: plan)
    }

    package func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError) {
        try await administration.trimLogs(server, keeping: size)
    }

    package func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser] {
        try await administration.users(plan)
    }

    package func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError) {
        try await administration.addUser(name, password: password, plan: plan)
    }

    package func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError) {
        try await administration.removeUser(name, plan: plan)
    }
}
