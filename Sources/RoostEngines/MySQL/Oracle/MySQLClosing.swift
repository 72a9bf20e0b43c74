import Glibc
import RoostModel

extension Fence {
    /// Roost connects over the socket, clients over TCP; the server's own threads have no host.
    static let mysql = Fence(
        sessions: "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
            + "AND COMMAND <> 'Binlog Dump GTID' "
            + "AND (HOST LIKE '%:%' OR (HOST = 'localhost' AND USER <> 'event_scheduler'))",
        statement: MySQLClosing.statement)
}

/// Closes a primary for writes while commits wait for an acknowledgement.
///
/// The statement that makes a server read-only waits for such commits, and KILL ends the connection of such a session
/// but not its wait. So the wait is switched off. No client learns of a commit that is released in this way: the
/// statement waits already, which keeps others from beginning to write, and the sessions of before have no connection
/// any more.
struct MySQLClosing: Sendable {
    static let statement = "SET GLOBAL super_read_only = 1"
    /// Limit for the statement in seconds.
    private static let patience = 10

    let server: ServerAddress

    func run(_ connection: ServerConnection) throws(ClientFault) {
        guard try isNeeded(connection) else { return }
        let id = try connection.run("SELECT CONNECTION_ID()").first?.first.flatMap(\.self) ?? ""
        try connection.run("SET SESSION lock_wait_timeout = \(Self.patience)")
        let second = try ServerConnection(server, .administration)
        try connection.begin(Self.statement)
        let released: Result<Void, ClientFault>
        do throws(ClientFault) { released = .success(try release(second, id)) } catch { released = .failure(error) }
        do throws(ClientFault) {
            try connection.finish()
        } catch {
            // The server still takes writes, which have to wait.
            try second.run("SET GLOBAL rpl_semi_sync_source_enabled = 1")
            throw error
        }
        try released.get()
    }

    private func isNeeded(_ connection: ServerConnection) throws(ClientFault) -> Bool {
        try connection.run("SHOW GLOBAL STATUS LIKE 'Rpl\\_semi\\_sync\\_source\\_wait\\_sessions'")
            .contains { $0.last.flatMap(\.self).flatMap { Int($0) } ?? 0 > 0 }
    }

    /// `id`: the session whose statement makes the server read-only.
    private func release(_ connection: ServerConnection, _ id: String) throws(ClientFault) {
        let isWaiting =
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = \(id) AND STATE LIKE 'Waiting for %lock'"
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while try connection.run(isWaiting).isEmpty {
            // The commits were acknowledged in the meantime.
            if try connection.isReadOnly { return }
            guard ContinuousClock.now < deadline else { throw .refusal("it could not be made read-only") }
            usleep(2000)
        }
        try connection.kill(Fence.mysql.list(connection).filter { $0 != id })
        try connection.run("SET GLOBAL rpl_semi_sync_source_enabled = 0")
    }
}
