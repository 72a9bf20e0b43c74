import RoostModel

extension Administration {
    /// Runs queries on the probe's cached connection, and keeps it for the next one: a report costs no sign-on.
    func ask<Value: Sendable>(
        _ server: ServerAddress, _ work: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) -> Value in
                guard let connection = connections.take(server) else { return try askAnew(server, work) }
                do throws(ClientFault) {
                    return try ask(through: connection, server, work)
                } catch {
                    // A restart of the server, or its closing, ended the connection.
                    guard ClientFault.Code.serverGone.contains(error.code) else { throw error }
                    return try askAnew(server, work)
                }
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(ClientFault) { return try result.get() } catch { throw error.engineError }
    }

    private func askAnew<Value>(
        _ server: ServerAddress, _ work: (ServerConnection) throws(ClientFault) -> Value
    ) throws(ClientFault) -> Value {
        try ask(through: try ServerConnection(server, .look), server, work)
    }

    private func ask<Value>(
        through connection: ServerConnection, _ server: ServerAddress,
        _ work: (ServerConnection) throws(ClientFault) -> Value
    ) throws(ClientFault) -> Value {
        let value = try work(connection)
        connections.bringBack(connection, server)
        return value
    }

    // MARK: Fencing

    /// Closes a server for writes, and ends the sessions that could write. A session that has ended can neither commit
    /// nor hold a lock.
    func close(_ server: ServerAddress, _ fence: Fence) async throws(EngineError) {
        closed.insert(server)
        let wrote = try await administer(server) { connection throws(ClientFault) in
            try fence.close(connection)
            return try fence.endSessions(connection)
        }
        try await waitForEnd(of: wrote, server, fence)
    }

    /// See `Replication`.
    func oldestTransaction(_ server: ServerAddress, _ fence: Fence) async throws(EngineError) -> Duration? {
        try await ask(server) { connection throws(ClientFault) in
            let age = try connection.run(fence.oldestTransaction).first?.first.flatMap(\.self).flatMap { Int($0) }
            // Both times are cut to whole seconds.
            return age.map { .seconds(max(0, $0) + 1) }
        }
    }

    /// Ends the sessions of users: they may hold locks that the applier of changes waits for.
    func endSessions(_ server: ServerAddress, _ fence: Fence) async throws(EngineError) {
        let ended = try await administer(server) { connection throws(ClientFault) in
            try fence.endSessions(connection)
        }
        try await waitForEnd(of: ended, server, fence)
    }

    /// A session may have to undo a long transaction before it ends.
    private func waitForEnd(
        of sessions: [String], _ server: ServerAddress, _ fence: Fence
    ) async throws(EngineError) {
        let deadline = ContinuousClock.now + Fence.patience
        var left = Set(sessions)
        while !left.isEmpty {
            let now = try await ask(server) { connection throws(ClientFault) in try fence.list(connection) }
            left.formIntersection(now)
            guard !left.isEmpty else { return }
            guard ContinuousClock.now < deadline else {
                throw .refused(code: 0, message: "\(left.count) sessions of users have not ended yet")
            }
            do { try await Task.sleep(for: .milliseconds(2)) } catch { throw .notReachable("the call was cancelled") }
        }
    }
}

/// The statements that close a server of the family for writes, where its servers differ.
struct Fence: Sendable {
    static let patience: Duration = .seconds(10)
    /// Attempts at `statement`, one second each.
    private static let attempts = 10
    private static let lockWaitTimeout = 1205

    /// Query for the ids of all sessions, except the asking one, the server's own threads, and those that send the
    /// binary log to replicas.
    let sessions: String
    /// Makes the server read-only. Waits for commits that are under way.
    let statement: String

    /// Query for the age of the oldest transaction of those sessions, in seconds. NULL if there is none. The table has
    /// times in the system's time zone, whatever the session's is.
    var oldestTransaction: String {
        "SELECT TIMESTAMPDIFF(SECOND, MIN(trx_started), "
            + "COALESCE(CONVERT_TZ(NOW(), @@SESSION.time_zone, 'SYSTEM'), NOW())) "
            + "FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id IN (\(sessions))"
    }

    func list(_ connection: ServerConnection) throws(ClientFault) -> [String] {
        try connection.run(sessions).compactMap { $0.first ?? nil }
    }

    /// Returns the ids of the sessions that were told to end.
    @discardableResult
    func endSessions(_ connection: ServerConnection) throws(ClientFault) -> [String] {
        let ids = try list(connection)
        try connection.kill(ids)
        return ids
    }

    /// Sessions end before the statement: one that waits for the acknowledgement of its commit, or holds a lock, would
    /// make it wait. Such a session may also sign on in between, so the statement's wait is short and is repeated.
    func close(_ connection: ServerConnection) throws(ClientFault) {
        try connection.run("SET SESSION lock_wait_timeout = 1")
        for attempt in 1...Self.attempts {
            try endSessions(connection)
            do throws(ClientFault) {
                try connection.run(statement)
                return
            } catch {
                guard error.code == Self.lockWaitTimeout, attempt < Self.attempts else { throw error }
            }
        }
    }
}
