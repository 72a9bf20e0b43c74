import RoostModel

// Images, templates and clones.
extension MySQL {
    package func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try await recover(directory: directory, build: build, user: user)
        try CopiedFiles.remove(from: directory)
    }

    /// The keys stay: a server makes them for its own loopback address, and making them takes longer than all the rest
    /// of a start.
    package func slim(directory: String) throws(EngineError) { try CopiedFiles.remove(from: directory) }

    // MARK: Dumps

    package var dumpFormats: [Dump.Format] { [.sql] }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        try await administration.load(dump, through: try loading(plan, build, user), progress: progress) {
            connection throws(ClientFault) in
            // The dump may have been one of the server's own tables.
            try connection.run("FLUSH PRIVILEGES")
            try Self.makeAccounts(plan, connection)
        }
        return LoadReport()
    }

    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        try await administration.run(script: script, through: try loading(plan, build, user))
    }

    private func loading(_ plan: ServerPlan, _ build: EngineBuild, _ user: ServerUser?) throws(EngineError)
        -> SQLLoading
    {
        guard let program = build.programs["mysql"] else { throw .programMissing("mysql") }
        return SQLLoading(program: program, plan: plan, build: build, user: user)
    }

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        try await administration.filledDatabases(plan, system: family.systemDatabases ?? [])
    }

    // MARK: A template's last words

    /// A role is locked as it is.
    private static let accounts = "SELECT User, Host FROM mysql.user WHERE account_locked = 'N'"

    package func secludeAccounts(_ plan: ServerPlan) async throws(EngineError) {
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
            // A slow shutdown leaves nothing that a start would have to look at: no undo, no buffered changes.
            try connection.run("SET GLOBAL innodb_fast_shutdown = 0")
            try connection.run("FLUSH TABLES")
        }
    }

    /// Where the original replicates from stands in tables, which no file could be taken out for.
    static func forgetSource(_ connection: ServerConnection) throws(ClientFault) {
        guard try !connection.run("SELECT Channel_name FROM mysql.slave_master_info").isEmpty else { return }
        try connection.run("STOP REPLICA")
        try connection.run("RESET REPLICA ALL")
    }
}
