import CPostgreSQL
import Glibc
import RoostHost
import RoostModel

// Programs of the server's system user that sign on as Roost's own account.
extension PostgreSQL {
    /// Runs `body` while programs of the server's system user may sign on as Roost's own account. The socket belongs
    /// to that user, who could change the server's files anyway, so this grants no new access.
    func admitting(
        _ user: ServerUser?, _ plan: ServerPlan, _ body: () async throws(EngineError) -> Void
    ) async throws(EngineError) {
        guard let user, user.uid != geteuid() else { return try await body() }
        try await identify(plan, guest: user.name)
        let outcome: Result<Void, EngineError>
        do throws(EngineError) { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        // Uncancelled: the guest is also removed after a backup that was cancelled.
        do throws(EngineError) {
            try await uncancelled { () throws(EngineError) in try await identify(plan, guest: nil) }
        } catch {
            if case .success = outcome { throw error }
        }
        try outcome.get()
    }

    private func identify(_ plan: ServerPlan, guest: String?) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try identify(plan, guest: guest, connection)
        }
    }

    private func identify(
        _ plan: ServerPlan, guest: String?, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let identities = PostgreSQLAccess.identities(
            caller: caller, applicationUser: plan.applicationUser, guest: guest)
        let access: PostgreSQLAccess = try connection.isOpen ? .open(requiresTLS: plan.certificate != nil) : .closed
        try load(plan, access, files: [PostgreSQLConfiguration.identFile: identities], connection)
    }

    /// A server opened by an older Roost does not admit Roost as the application user yet.
    func letInApplicationUser(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let database = plan.databases.first ?? PostgreSQLAccounts.maintenanceDatabase
        do throws(PostgreSQLFault) {
            PQfinish(
                try PostgreSQLConnection.open(plan.address, as: plan.applicationUser, database: database, options: ""))
        } catch { try identify(plan, guest: nil, connection) }
    }
}
