import RoostModel

// Snapshots, templates and clones.
extension MariaDB {
    package func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try await recover(directory: directory, build: build, user: user)
        try CopiedFiles.remove(from: directory)
    }

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
            // Not written to the binary log: each server of a service does this for itself.
            try connection.run("SET SESSION sql_log_bin = 0")
            // Revoke rights over the server that the dump granted to its accounts.
            let own = MariaDBMending(plan: plan).tables + MariaDBAccounts(plan: plan).statements
            for statement in own { try connection.run(statement) }
            try connection.run("SET SESSION sql_log_bin = 1")
        }
    }

    private static func dumpTerms(_ family: EngineFamily) -> MySQLDumpTerms {
        MySQLDumpTerms(
            isMariaDB: true,
            collations: "SELECT FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY",
            accounts: accounts,
            lockedAccount: {
                "CREATE USER IF NOT EXISTS \($0.text) IDENTIFIED VIA mysql_native_password USING 'invalid' ACCOUNT LOCK"
            }, granted: SQLText.grantedDatabase, systemDatabases: family.systemDatabases ?? [])
    }

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        try await administration.filledDatabases(plan, system: family.systemDatabases ?? [])
    }

    // MARK: A template's last words

    private static let accounts =
        "SELECT User, Host FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL"

    package func lockAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.lockAccounts(plan, list: Self.accounts)
        }
    }

    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.run("FLUSH PRIVILEGES")
            // A dump's accounts may have rights over the server, which no clone may inherit.
            let own = MariaDBMending(plan: plan).tables + MariaDBAccounts(plan: plan).statements
            for statement in own { try connection.run(statement) }
            try connection.lockAccounts(plan, list: Self.accounts)
            try connection.run("STOP ALL SLAVES")
            try connection.run("RESET SLAVE ALL")
            try connection.run("SET GLOBAL gtid_slave_pos = ''")
        }
        try await administration.analyse(plan, system: family.systemDatabases ?? [], patience: .seconds(600))
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // A slow shutdown leaves no undo and no buffered changes that the next start would have to process.
            try connection.run("SET GLOBAL innodb_fast_shutdown = 0")
            try connection.run("FLUSH TABLES")
        }
    }
}
