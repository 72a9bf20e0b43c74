import RoostModel

// Images, templates and clones.
extension MariaDB {
    package func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try await recover(directory: directory, build: build, user: user)
        try CopiedFiles.remove(from: directory)
    }

    package func slim(directory: String) throws(EngineError) { try CopiedFiles.remove(from: directory) }

    // MARK: Dumps

    package var dumpFormats: [Dump.Format] { [.sql] }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        try await administration.load(
            dump, through: try loading(plan, build, user), edit: Self.foreign, progress: progress
        ) { connection throws(ClientFault) in
            // The dump may have been one of the server's own tables.
            try connection.run("FLUSH PRIVILEGES")
            for statement in MariaDBAccounts(plan: plan).statements { try connection.run(statement) }
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
        guard let program = build.programs["mariadb"] else { throw .programMissing("mariadb") }
        return SQLLoading(program: program, plan: plan, build: build, user: user)
    }

    /// MySQL's dumps set what MariaDB has no variable for. It becomes one of the session's, and nothing.
    private static let foreign: DumpEdit = {
        let begin = Array("SET @@GLOBAL.GTID_PURGED".utf8)
        return DumpEdit(concerns: { $0.starts(with: begin) }) { line throws(EngineError) in
            "SET @roost_ignored" + line.dropFirst(begin.count)
        }
    }()

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        try await administration.filledDatabases(plan, system: family.systemDatabases ?? [])
    }

    // MARK: A template's last words

    private static let accounts =
        "SELECT User, Host FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL"

    package func secludeAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.lockAccounts(plan, list: Self.accounts)
        }
    }

    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.run("FLUSH PRIVILEGES")
            // A dump's accounts may have rights over the server: in no clone.
            let own = MariaDBMending(plan: plan).tables + MariaDBAccounts(plan: plan).statements
            for statement in own { try connection.run(statement) }
            try connection.lockAccounts(plan, list: Self.accounts)
            try connection.run("STOP ALL SLAVES")
            try connection.run("RESET SLAVE ALL")
            try connection.run("SET GLOBAL gtid_slave_pos = ''")
        }
        try await administration.analyse(plan, system: family.systemDatabases ?? [], patience: .seconds(600))
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            // A slow shutdown leaves nothing that a start would have to look at: no undo, no buffered changes.
            try connection.run("SET GLOBAL innodb_fast_shutdown = 0")
            try connection.run("FLUSH TABLES")
        }
    }
}
