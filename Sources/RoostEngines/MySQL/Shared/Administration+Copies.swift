import Foundation
import RoostModel

extension Administration {
    /// Loads a dump through the client program, and puts Roost's accounts right afterwards, which a dump of all databases
    /// replaces: over a connection that was made before, because by then there may be none to be had.
    func load(
        _ dump: Dump, through loading: SQLLoading, edit: DumpEdit? = nil,
        progress: @escaping @Sendable (LoadProgress) -> Void,
        restoring accounts: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Void
    ) async throws(EngineError) {
        let kept = try await administer(loading.plan.address) { connection throws(ClientFault) in
            // An import may take as long as it likes.
            try connection.run("SET SESSION wait_timeout = 31536000")
            return connection
        }
        let outcome: Result<Void, EngineError>
        do throws(EngineError) {
            outcome = .success(try await loading.load(dump, edit: edit, progress: progress))
        } catch { outcome = .failure(error) }
        do throws(EngineError) { try await use(kept, accounts) } catch {
            // The dump's own error is the one to tell.
            if case .success = outcome { throw error }
        }
        try outcome.get()
    }

    private func use(
        _ connection: ServerConnection, _ work: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Void
    ) async throws(EngineError) {
        let result: Result<Void, ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) in try work(connection) }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(ClientFault) { try result.get() } catch { throw error.engineError }
    }

    func run(script: String, through loading: SQLLoading) async throws(EngineError) {
        let folder: PrivateFolder
        do {
            folder = try PrivateFolder()
            try folder.write(["script.sql": script])
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "the script could not be written: \(error)")
        }
        defer { folder.remove() }
        let dump = Dump(path: "\(folder.path)/script.sql", format: .sql, compression: .none)
        try await loading.load(dump, edit: nil) { _ in }
    }

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

    /// Gathers the statistics of all tables of users, so that no clone has to. One that cannot be read ends nothing: who
    /// uses it will see.
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
    /// Locks all accounts but the shown one and those that nobody is shown: objects run in their names, and nobody signs
    /// on by them any more.
    func lockAccounts(_ plan: ServerPlan, list: String) throws(ClientFault) {
        let kept = SystemAccounts.hidden.union([plan.shownUser])
        for row in try run(list) {
            guard let name = row[0], let host = row[1], !kept.contains(name) else { continue }
            try run("ALTER USER \(SQLText.account(name, host)) ACCOUNT LOCK")
        }
    }
}
