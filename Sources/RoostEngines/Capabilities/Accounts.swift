import RoostModel

/// Users of a server besides Roost's own account.
package protocol UserAccounts: Engine {
    /// Users besides Roost's own.
    func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser]
    /// Adds a user with all rights on the plan's databases, and on nothing else.
    func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError)
    /// Removes a user and ends its sessions.
    func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError)
}

/// Noticing accounts that were changed behind Roost's back, and bringing them back.
package protocol AccountMending: Engine {
    /// What `probe` compares an open server with. Pure; may take milliseconds.
    func expectation(_ plan: ServerPlan) -> AccountExpectation?

    /// Brings the accounts and switches of an open server back to what the plan says, and ends the sessions that gained by
    /// the drift. Idempotent. Works over the connection that is kept where a new one is refused. The caller looks again.
    func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError)
}

/// Keeping an original's accounts out of its copy on a server that runs; other engines take them out of the directory.
package protocol AccountLocking: Engine {
    /// Accounts besides Roost's own and the application user can no longer sign on. They stay, because objects belong to
    /// them. For the copy of a live server, once, before it is opened for the first time: those that its owner makes later
    /// are the owner's.
    func secludeAccounts(_ plan: ServerPlan) async throws(EngineError)
}
