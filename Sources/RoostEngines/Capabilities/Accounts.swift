import RoostModel

/// Users of a server besides Roost's own account.
package protocol UserAccounts: Engine {
    /// Users besides Roost's own account.
    func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser]
    /// Adds a user with all rights on the plan's databases, and on nothing else, except that the plan's `changeReaders`
    /// may read the server's changes.
    func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError)
    /// Removes a user and ends its sessions.
    func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError)
}

/// Keeps positions of users who read changes (`replication: [cdc]`) on the server.
package protocol ReaderPositions: Engine {
    /// Ends the connections of readers before a clean stop, which would wait for them.
    func endReaders(_ plan: ServerPlan) async throws(EngineError)

    /// Removes all positions from data that are older than they were: a reader that goes on there would miss changes, and
    /// would not notice. No server runs on the directory. Idempotent.
    func forgetPositions(directory: String) throws(EngineError)

    /// Removes positions that keep the server from starting with the plan's settings. No server runs on the directory.
    /// Idempotent.
    func forgetUnusablePositions(_ plan: ServerPlan) throws(EngineError)
}

/// Detects accounts that were changed behind Roost's back, and restores them.
package protocol AccountMending: Engine {
    /// The accounts that `probe` compares an open server with. Pure; may take milliseconds.
    func expectation(_ plan: ServerPlan) -> AccountExpectation?

    /// Restores the accounts and switches of an open server to the plan, and ends the sessions that gained rights by
    /// the drift. Idempotent. Uses the cached connection if a new one is refused. The caller probes again.
    func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError)
}

/// Locks an original's accounts in a running copy; other engines remove them from the directory.
package protocol AccountLocking: Engine {
    /// Locks all accounts except Roost's own and the application user. The accounts remain because objects belong to
    /// them. For the copy of a live server, once, before it is opened for the first time: accounts that the copy's
    /// owner creates later must not be locked.
    func lockAccounts(_ plan: ServerPlan) async throws(EngineError)
}
