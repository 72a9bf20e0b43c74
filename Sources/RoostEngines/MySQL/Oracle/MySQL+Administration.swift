import RoostModel

// Calls that query or change a running server with Roost's own account.
extension MySQL {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? {
        MySQLAccountFacts(plan: plan).expectation
    }

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        await administration.probe(server, expecting: expected)
    }

    package func open(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // From here on only Roost may write.
            try connection.run("SET GLOBAL super_read_only = 0")
            if plan.profile.isCopy { try Self.forgetSource(connection) }
            try connection.makeDatabases(plan.databases)
            if plan.group != nil { try beginAsPrimary(plan, connection) }
            try connection.run("SET GLOBAL read_only = 0")
        }
        administration.closed.remove(plan.address)
    }

    /// The replicas' tables in memory become empty, as this server's are after a start.
    private func beginAsPrimary(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        do throws(ClientFault) {
            // A connection with short timeouts: what is written about such a table waits for a replica.
            try UserTables(systemDatabases: family.systemDatabases ?? []).openThoseInMemory(
                ServerConnection(plan.address, .probe))
        } catch {
            guard error.isUnanswered else { throw error }
        }
        if plan.runsEvents { try connection.run("SET GLOBAL event_scheduler = ON") }
    }

    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // All accounts but Roost's stay read-only on a server that is closed.
            try connection.withOwnWrites { () throws(ClientFault) in try Self.makeAccounts(plan, connection) }
            // Databases are created on the primary, and reach replicas through the binary log.
            if try !connection.isReadOnly { try connection.makeDatabases(plan.databases) }
        }
    }

    static func makeAccounts(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        let accounts = MySQLAccounts(plan: plan)
        // Not written to the binary log: each server of a service does this for itself.
        try connection.run("SET SESSION sql_log_bin = 0")
        let followers = MySQLFollowers(plan)
        if try !connection.run(followers.strangers).isEmpty {
            for statement in followers.removals { try connection.run(statement) }
        }
        let standing = try connection.run(accounts.standing)
        for statement in accounts.statements(standing: standing) { try connection.run(statement) }
        // The certificate files may be newer. A server that started without a certificate reads it at its next start.
        if plan.certificate != nil { try connection.run("ALTER INSTANCE RELOAD TLS") }
        try connection.kill(try connection.run(followers.strangersSessions).compactMap { $0.first ?? nil })
        try connection.run("SET SESSION sql_log_bin = 1")
    }

    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> {
        let fixed = Set(MySQLCopies.fixed(plan.profile).map(\.name))
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
