import Foundation
import RoostHost
import RoostModel

// Dumps and scripts.
extension PostgreSQL {
    package var dumpFormats: [Dump.Format] { [.sql, .pgCustom, .pgTar, .pgDirectory] }
    package var loadsIntoNamedDatabase: Bool { true }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        // The newest `pg_restore` reads the formats of older ones; an older one cannot read newer formats.
        let restore = builds().lazy.compactMap { $0.programs["pg_restore"] }.first ?? build.programs["pg_restore"]
        if dump.format != .sql, restore == nil { throw .programMissing("pg_restore") }
        let beside = (plan.folders.data as NSString).deletingLastPathComponent
        let source = try await DumpSource(dump, restore: restore, user: user, folder: beside)
        defer { source.close() }
        let feed = DumpFeed(source: source, showsLine: dump.format == .sql, progress: progress)
        return try await importing(feed, plan, terms).report
    }

    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        let script = try await ScriptSource(script)
        defer { script.remove() }
        _ = try await importing(DumpFeed(source: script.source, isScript: true) { _ in }, plan, LoadTerms())
    }

    // MARK: Private

    private func importing(
        _ feed: DumpFeed, _ plan: ServerPlan, _ terms: LoadTerms
    ) async throws(EngineError) -> DumpFeed.Result {
        switch PostgreSQLLoader(plan) {
        case .importer: try await importingAsImporter(feed, plan, terms)
        case .applicationUser: try await importingAsApplicationUser(feed, plan, terms)
        }
    }

    /// Every object belongs to the application user from the start, so neither a failure nor a crash leaves anything
    /// to hand over. The cleanup only restores the database's owner, which the dump may change, and revokes a right
    /// that was lent.
    private func importingAsApplicationUser(
        _ feed: DumpFeed, _ plan: ServerPlan, _ terms: LoadTerms
    ) async throws(EngineError) -> DumpFeed.Result {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try letInApplicationUser(plan, connection)
        }
        let outcome = await fed(feed, plan, terms)
        do throws(EngineError) {
            try await uncancelled { () throws(EngineError) in
                try await administer(plan.address) { connection throws(PostgreSQLFault) in
                    try setUp(plan, connection)
                }
            }
        } catch {
            // If the load failed, its own error is reported.
            if case .success = outcome { throw error }
        }
        return try outcome.get()
    }

    private func fed(
        _ feed: DumpFeed, _ plan: ServerPlan, _ terms: LoadTerms
    ) async -> Result<DumpFeed.Result, EngineError> {
        let cancel = LoadCancel()
        do throws(EngineError) {
            return .success(
                try await feed.run(cancel: cancel.cancel) { () throws(EngineError) in
                    try PostgreSQLDumpServer(plan, terms, cancel: cancel)
                })
        } catch { return .failure(error) }
    }

    // MARK: Into a template

    /// Runs the text as a superuser that exists only for the load, and hands over the objects it made. If a build
    /// fails or is cancelled, its server and data are removed.
    private func importingAsImporter(
        _ feed: DumpFeed, _ plan: ServerPlan, _ terms: LoadTerms
    ) async throws(EngineError) -> DumpFeed.Result {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            _ = try connection.run(PostgreSQLRoles.makeImporter)
        }
        let outcome = await fed(feed, plan, terms)
        // If the load failed, its own error is reported.
        let roles = if case .success(let result) = outcome { result.accounts } else { [String]() }
        do throws(EngineError) { try await takeOver(plan, roles) } catch {
            if case .success = outcome { throw error }
        }
        return try outcome.get()
    }

    /// Makes the application user the owner of every loaded object without another owner, and undoes what a dump
    /// changed about Roost's own account and the application user. `roles`: roles made for the dump, whose objects the
    /// application user may change.
    private func takeOver(_ plan: ServerPlan, _ roles: [String]) async throws(EngineError) {
        let taken = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            connection.patience = .finalising
            if plan.profile.isCopy { try stopSubscriptions(plan.address, connection, dropping: true) }
            try setUp(plan, connection)
            let taken = try handOver(plan, connection)
            for role in roles {
                try connection.run(
                    "GRANT \(PostgreSQLText.identifier(role)) TO \(PostgreSQLText.identifier(plan.applicationUser))")
            }
            return taken
        }
        guard taken.isEmpty else {
            throw .loadFailed(
                line: nil, statement: nil,
                message: "it creates objects that belong to Roost's own account and would run with its privileges: "
                    + taken.joined(separator: ", "))
        }
    }

    /// Returns the objects that belong to Roost's own account nevertheless.
    private func handOver(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) -> [String] {
        var taken: [String] = []
        for database in try connection.run(PostgreSQLUsers.reachable).compactMap({ $0.first ?? nil }) {
            let inside = try PostgreSQLConnection(plan.address, database: database, .finalising)
            try inside.run(PostgreSQLRoles.handOver(to: plan.applicationUser))
            taken += try inside.run(PostgreSQLRoles.taken).compactMap { $0.first ?? nil }
        }
        try connection.run(PostgreSQLRoles.dropImporter)
        return taken
    }

    /// Earlier versions loaded dumps into services as an importer too. An importer whose load was cut short, by a
    /// crash or a cancel, still owns the objects it made.
    func takeOverRemains(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        guard plan.profile != .building,
            try !connection.run(PostgreSQLUsers.look(for: PostgreSQLRoles.importer)).isEmpty
        else { return }
        try connection.run(PostgreSQLRoles.disarmImporter)
        // The service works without this step, and the next opening tries again.
        _ = try? handOver(plan, connection)
    }

    /// The variables with which a client program finds the server, without the host's or the user's own settings.
    func clientEnvironment(_ plan: ServerPlan, _ build: EngineBuild) -> [String: String] {
        [
            "LC_ALL": "C", "PATH": (build.programFolders + ["/usr/bin", "/bin"]).joined(separator: ":"),
            "PGHOST": PostgreSQLConnection.folder(of: plan.address), "PGPORT": "\(plan.internalPort)",
            "PGUSER": PostgreSQLAccounts.administrator, "PGDATABASE": plan.databases.first ?? "postgres",
            "PGPASSFILE": "/nonexistent", "PGSSLMODE": "disable", "PGGSSENCMODE": "disable", "PGCLIENTENCODING": "UTF8",
        ]
    }
}
