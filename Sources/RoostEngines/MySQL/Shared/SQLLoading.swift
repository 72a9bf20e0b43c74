import Foundation
import RoostHost
import RoostModel

/// Loads dumps and scripts into servers of the MySQL family.
struct SQLLoading: Sendable {
    let plan: ServerPlan
    let family: MySQLDumpTerms
    /// Restores Roost's accounts to the plan over a connection that was opened before the load.
    let restore: @Sendable (ServerConnection) throws(ClientFault) -> Void

    /// Loads a dump and then restores Roost's accounts, which a dump of all databases replaces. The restoring
    /// connection is opened before the load, because afterwards sign-on may fail.
    func load(
        _ dump: Dump, _ terms: LoadTerms, through administration: Administration, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        let beside = (plan.folders.data as NSString).deletingLastPathComponent
        let source = try await DumpSource(dump, user: user, folder: beside)
        defer { source.close() }
        let (kept, before) = try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.run("SET SESSION wait_timeout = 31536000")
            return (connection, try connection.accounts(family.accounts))
        }
        let outcome: Result<DumpFeed.Result, EngineError>
        do throws(EngineError) {
            outcome = .success(try await feed(DumpFeed(source: source, progress: progress), terms))
        } catch { outcome = .failure(error) }
        let brought: [String]
        // The accounts are restored after a cancelled load too.
        do throws(EngineError) {
            brought = try await uncancelled { () throws(EngineError) in try await putRight(kept, before) }
        } catch {
            // The error of the load takes precedence.
            if case .failure(let first) = outcome { throw first }
            throw error
        }
        let result = try outcome.get()
        var report = result.report
        // The load already reported the accounts that it created itself.
        let others = brought.filter { !result.accounts.contains($0) }
        if !others.isEmpty {
            report.notes.append(
                "accounts from the dump are locked: \(others.prefix(8).joined(separator: ", "))")
        }
        return report
    }

    func run(script: String) async throws(EngineError) {
        let script = try await ScriptSource(script)
        defer { script.remove() }
        _ = try await feed(DumpFeed(source: script.source, isScript: true) { _ in }, LoadTerms())
    }

    private func feed(_ feed: DumpFeed, _ terms: LoadTerms) async throws(EngineError) -> DumpFeed.Result {
        let cancel = LoadCancel()
        return try await feed.run(cancel: cancel.cancel) { () throws(EngineError) in
            try MySQLDumpServer(plan, terms, family, cancel: cancel)
        }
    }

    /// Restores the accounts. Returns those that the dump brought, which are now locked.
    private func putRight(
        _ connection: ServerConnection, _ before: Set<MySQLForeign.Definer>
    ) async throws(EngineError) -> [String] {
        let result: Result<(brought: [String], own: [String]), ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) in
                // The dump may have replaced system tables.
                try connection.run("FLUSH LOCAL PRIVILEGES")
                try restore(connection)
                let own = try OwnDefiners(applicationUser: plan.applicationUser, isMariaDB: family.isMariaDB).mend(
                    connection
                )
                .map(\.title)
                let kept = SystemAccounts.hidden.union([plan.applicationUser])
                let brought = try connection.accounts(family.accounts).subtracting(before)
                    .filter { !kept.contains($0.user) }.map(\.text).sorted()
                for account in brought {
                    do throws(ClientFault) { try connection.run("ALTER USER \(account) ACCOUNT LOCK") } catch {
                        // The server ignores an account with a host name, so nobody can sign on with it.
                        guard error.code == MySQLRepair.Code.cannotCreateUser else { throw error }
                    }
                }
                return (brought, own)
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        let (brought, own): ([String], [String])
        do throws(ClientFault) { (brought, own) = try result.get() } catch { throw error.engineError }
        guard own.isEmpty else {
            throw .loadFailed(
                line: nil, statement: nil,
                message:
                    "objects from the dump would run with all privileges of Roost's own account and could not be given "
                    + "to \(plan.applicationUser): \(own.joined(separator: ", ")); drop them, and remove them from the dump"
            )
        }
        return brought
    }
}

extension ServerConnection {
    /// The accounts of a query with two columns, user and host.
    fileprivate func accounts(_ list: String) throws(ClientFault) -> Set<MySQLForeign.Definer> {
        Set(
            try run(list).compactMap { row in
                row[0].flatMap { user in row[1].map { MySQLForeign.Definer(user: user, host: $0) } }
            })
    }
}
