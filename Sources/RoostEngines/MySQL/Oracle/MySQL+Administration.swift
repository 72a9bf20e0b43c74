import RoostModel

// Everything that asks a running server, as Roost's own account.
extension MySQL {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? {
        MySQLAccountFacts(plan: plan).expectation
    }

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        await administration.probe(server, expecting: expected)
    }

    package func open(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // Roost may write now, and nobody else.
            try connection.run("SET GLOBAL super_read_only = 0")
            if plan.profile.isCopy { try Self.forgetSource(connection) }
            try connection.makeDatabases(plan.databases)
            try connection.run("SET GLOBAL read_only = 0")
        }
    }

    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            guard try connection.isReadOnly else {
                try Self.makeAccounts(plan, connection)
                try connection.makeDatabases(plan.databases)
                return
            }
            // Databases are the primary's to make, and reach replicas through the log. Others than Roost stay read-only.
            try connection.run("SET GLOBAL super_read_only = 0")
            do throws(ClientFault) {
                try Self.makeAccounts(plan, connection)
            } catch {
                // The first error is the one to tell.
                _ = try? connection.run("SET GLOBAL super_read_only = 1")
                throw error
            }
            try connection.run("SET GLOBAL super_read_only = 1")
        }
    }

    static func makeAccounts(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        let accounts = MySQLAccounts(plan: plan)
        // Not for replicas: each server does this for itself.
        try connection.run("SET SESSION sql_log_bin = 0")
        let standing = try connection.run(accounts.standing)
        for statement in accounts.statements(standing: standing) { try connection.run(statement) }
        // The files may hold a newer certificate. A server that started without one takes it at its next start.
        if plan.certificate != nil { try connection.run("ALTER INSTANCE RELOAD TLS") }
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
