import Foundation
import RoostModel

// Users who read the server's changes, and their slots.
extension PostgreSQL: ReaderPositions {
    /// The log has what logical decoding needs only from a start with the setting on.
    func refuseReader(_ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let level = try connection.run("SHOW wal_level").first?.first.flatMap(\.self) ?? "unknown"
        guard level != PostgreSQLConfiguration.logicalLevel else { return }
        // SQLSTATE object_not_in_prerequisite_state, as the server's own refusal to make such a slot.
        throw .refused(
            state: "55000",
            message: "the server runs with wal_level \(level); push 'config: {wal_level: logical}' first")
    }

    /// Drops the slots that no user is left to read. They would keep the log up to its limit, and a server whose
    /// `wal_level` is lowered would not start.
    func dropReaderSlots(_ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        for name in try connection.run(PostgreSQLReaders.slots).compactMap({ $0.first ?? nil }) {
            try removeSlot(name, connection)
        }
    }

    package func endReaders(_ plan: ServerPlan) async throws(EngineError) {
        guard let statement = PostgreSQLReaders(plan).end else { return }
        let result: Result<Void, PostgreSQLFault>
        do {
            result = try await AdministrationThreads.run { () throws(PostgreSQLFault) in
                try PostgreSQLConnection(plan.address, .probe).run(statement)
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(PostgreSQLFault) { try result.get() } catch { throw error.engineError }
    }

    package func forgetPositions(directory: String) throws(EngineError) { try removeSlots(in: directory) }

    package func forgetUnusablePositions(_ plan: ServerPlan) throws(EngineError) {
        guard PostgreSQLConfiguration(plan: plan, caller: caller).walLevel != PostgreSQLConfiguration.logicalLevel
        else {
            return
        }
        try removeSlots(in: plan.folders.data) { !PostgreSQLReaders.isOwn(slot: $0) }
    }
}
