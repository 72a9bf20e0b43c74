import Foundation
import RoostModel

// Dumps and scripts.
extension PostgreSQL {
    package var dumpFormats: [Dump.Format] { [.sql, .pgCustom] }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        if dump.format == .pgCustom, build.programs["pg_restore"] == nil { throw .programMissing("pg_restore") }
        let known = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try connection.run("SELECT rolname FROM pg_roles").compactMap { $0.first ?? nil }
        }
        let foreign = PostgreSQLForeign(plan: plan, major: build.identity.version.components[0], roles: known)
        let edit = DumpEdit(concerns: PostgreSQLForeign.concerns) { line throws(EngineError) in
            let words = foreign.read(line)
            if !words.roles.isEmpty || words.database != nil { try await make(words, plan) }
            return words.line
        }
        try await importing(dump, edit, plan, build, user, progress)
        return LoadReport()
    }

    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        let folder: PrivateFolder
        do {
            folder = try PrivateFolder()
            try folder.write(["script.sql": script])
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "the script could not be written: \(error)")
        }
        defer { folder.remove() }
        let dump = Dump(path: "\(folder.path)/script.sql", format: .sql, compression: .none)
        try await importing(dump, nil, plan, build, user) { _ in }
    }

    // MARK: Private

    /// Runs the text as a superuser that is there for no longer, and hands over what it has made.
    private func importing(
        _ dump: Dump, _ edit: DumpEdit?, _ plan: ServerPlan, _ build: EngineBuild, _ user: ServerUser?,
        _ progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) {
        guard let psql = build.programs["psql"] else { throw .programMissing("psql") }
        let source = try DumpSource(dump, restore: build.programs["pg_restore"], user: user)
        defer { source.close() }
        var environment = clientEnvironment(plan, build)
        environment["PGOPTIONS"] = "-c role=\(PostgreSQLRoles.importer) -c client_min_messages=warning"
        let loading = DumpLoading(
            source: source, dialect: .postgresql,
            client: ShortCommand(
                program: psql, arguments: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], environment: environment,
                user: user, patience: .seconds(60)),
            edit: edit, complaint: PostgreSQLComplaint.ofScript, showsLine: dump.format == .sql, progress: progress)
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLRoles.makeImporter)
        }
        let outcome: Result<Void, EngineError>
        do throws(EngineError) {
            try await admitting(user, plan) { () async throws(EngineError) in try await loading.run() }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        do throws(EngineError) { try await takeOver(plan) } catch {
            // The dump's own error is the one to tell.
            if case .success = outcome { throw error }
        }
        try outcome.get()
    }

    /// Roles and a database that a dump names, before it does.
    private func make(_ words: PostgreSQLForeign.Words, _ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            for role in words.roles { try connection.run("CREATE ROLE \(PostgreSQLText.identifier(role)) NOLOGIN") }
            guard let database = words.database else { return }
            let standing = try connection.run(PostgreSQLDatabase.list).compactMap(PostgreSQLDatabase.init)
            let changes = PostgreSQLDatabase.changes(wanted: [database], owner: plan.shownUser, standing: standing)
            for statement in changes.creations { try connection.run(statement) }
            try connection.run(changes.others)
        }
    }

    /// Makes everything that was loaded and has no other owner the shown user's; what a dump says of Roost's own account and
    /// of the shown one is undone.
    private func takeOver(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            connection.patience = .finalising
            try stopSubscriptions(plan.address, connection, dropping: true)
            try setUp(plan, connection)
            for database in try connection.run(PostgreSQLUsers.reachable).compactMap({ $0.first ?? nil }) {
                let inside = try PostgreSQLConnection(plan.address, database: database, .finalising)
                try inside.run(PostgreSQLRoles.handOver(to: plan.shownUser))
            }
            try connection.run(PostgreSQLRoles.dropImporter)
        }
    }

    /// Runs `body` while a program of the server's user may sign on as Roost's own account. The socket is that user's
    /// own, and he could change the files that the server keeps: it opens nothing to him that he has not.
    func admitting(
        _ user: ServerUser?, _ plan: ServerPlan, _ body: () async throws(EngineError) -> Void
    ) async throws(EngineError) {
        guard let user, user.uid != geteuid() else { return try await body() }
        try await identify(plan, guest: user.name)
        let outcome: Result<Void, EngineError>
        do throws(EngineError) { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        do throws(EngineError) { try await identify(plan, guest: nil) } catch {
            if case .success = outcome { throw error }
        }
        try outcome.get()
    }

    private func identify(_ plan: ServerPlan, guest: String?) async throws(EngineError) {
        let identities = PostgreSQLAccess.identities(caller: caller, guest: guest)
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            let access: PostgreSQLAccess =
                try connection.isOpen ? .open(requiresTLS: plan.certificate != nil) : .closed
            try load(plan, access, files: [PostgreSQLConfiguration.identFile: identities], connection)
        }
    }

    /// How a client program finds the server, and nothing of the machine's or the user's own settings.
    func clientEnvironment(_ plan: ServerPlan, _ build: EngineBuild) -> [String: String] {
        [
            "LC_ALL": "C", "PATH": (build.programFolders + ["/usr/bin", "/bin"]).joined(separator: ":"),
            "PGHOST": PostgreSQLConnection.folder(of: plan.address), "PGPORT": "\(plan.internalPort)",
            "PGUSER": PostgreSQLAccounts.administrator, "PGDATABASE": plan.databases.first ?? "postgres",
            "PGPASSFILE": "/nonexistent", "PGSSLMODE": "disable", "PGGSSENCMODE": "disable", "PGCLIENTENCODING": "UTF8",
        ]
    }
}

extension PostgreSQLComplaint {
    /// `psql:<stdin>:12: ERROR:  relation "x" does not exist`, and what follows it: `DETAIL:  …`, `CONTEXT:  …`.
    static func ofScript(_ errors: String) -> (line: Int?, message: String)? {
        var found: (line: Int?, message: String)?
        for line in errors.split(whereSeparator: \.isNewline) {
            if let match = line.wholeMatch(of: /psql:<stdin>:([0-9]+): (ERROR|FATAL|error): +(.*)/) {
                found = (Int(match.1), String(match.3))
            } else if let match = line.wholeMatch(of: /psql: (error|FATAL): +(.*)/) {
                found = (nil, String(match.2))
            } else if let match = line.wholeMatch(of: /(DETAIL|HINT|CONTEXT): +(.*)/), let last = found {
                found = (last.line, "\(last.message) (\(match.2))")
            }
        }
        return found
    }
}
