import RoostModel

// Snapshots, templates and clones. The protocols in `Capabilities` say what each function is for.
extension MySQL {
    /// Recovers from the binary log first, because that log is one of the original's files that are removed then.
    package func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try await recover(directory: directory, build: build, user: user)
        try CopiedFiles.remove(from: directory)
    }

    /// The generated keys (`*.pem`) stay in the template, so its clones share them: a server uses them on its own
    /// loopback address only, and making them takes longer than the rest of a start.
    package func strip(directory: String) throws(EngineError) { try CopiedFiles.remove(from: directory) }

    // MARK: Dumps

    package var dumpFormats: [Dump.Format] { [.sql] }
    package var loadsIntoNamedDatabase: Bool { true }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        try await loading(plan).load(dump, terms, through: administration, user: user, progress: progress)
    }

    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        try await loading(plan).run(script: script)
    }

    private func loading(_ plan: ServerPlan) -> SQLLoading {
        SQLLoading(plan: plan, family: Self.dumpTerms(family)) { connection throws(ClientFault) in
            // Revoke rights over the server that the dump granted to its accounts. None of this is written to the
            // binary log, and `makeAccounts` switches the log on again at its end.
            try connection.run("SET SESSION sql_log_bin = 0")
            for statement in MySQLMending(plan: plan).tables { try connection.run(statement) }
            try Self.makeAccounts(plan, connection)
            let unrestricted = try connection.run(MySQLMending(plan: plan).unrestricted)
            try connection.run("SET SESSION sql_log_bin = 0")
            for statement in unrestricted.flatMap(MySQLMending.restriction) { try connection.run(statement) }
            try connection.run("SET SESSION sql_log_bin = 1")
        }
    }

    private static func dumpTerms(_ family: EngineFamily) -> MySQLDumpTerms {
        MySQLDumpTerms(
            isMariaDB: false, collations: "SELECT COLLATION_NAME FROM information_schema.COLLATIONS",
            accounts: accounts,
            lockedAccount: {
                "CREATE USER IF NOT EXISTS \($0.text) IDENTIFIED WITH caching_sha2_password BY RANDOM PASSWORD "
                    + "ACCOUNT LOCK"
            }, granted: SQLText.identifier, systemDatabases: family.systemDatabases ?? [])
    }

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        try await administration.filledDatabases(plan, system: family.systemDatabases ?? [])
    }

    // MARK: The end of a template's build

    /// Accounts that can sign on. Roles are locked accounts.
    private static let accounts = "SELECT User, Host FROM mysql.user WHERE account_locked = 'N'"

    package func lockAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.lockAccounts(plan, list: Self.accounts)
        }
    }

    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.run("FLUSH PRIVILEGES")
            try Self.makeAccounts(plan, connection)
            try connection.lockAccounts(plan, list: Self.accounts)
            try Self.forgetSource(connection)
            try connection.run("RESET BINARY LOGS AND GTIDS")
        }
        try await administration.analyse(plan, system: family.systemDatabases ?? [], patience: .seconds(600))
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // A slow shutdown leaves no undo and no buffered changes that the next start would have to process.
            try connection.run("SET GLOBAL innodb_fast_shutdown = 0")
            try connection.run("FLUSH TABLES")
        }
    }

    /// Removes the original's replication source. It is stored in tables, so deleting files does not remove it.
    static func forgetSource(_ connection: ServerConnection) throws(ClientFault) {
        guard try !connection.run("SELECT Channel_name FROM mysql.slave_master_info").isEmpty else { return }
        try connection.run("STOP REPLICA")
        try connection.run("RESET REPLICA ALL")
    }
}
