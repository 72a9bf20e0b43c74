import RoostModel

/// Clones and templates.
package protocol Cloning: Engine {
    /// Makes the snapshot of another server's directory, crash-consistent or clean, usable by a server of its own:
    /// resets the original's identity, and removes files that would keep a second server from starting. No server
    /// runs on the directory. Idempotent. Also the last step of a template, after `strip`: if it takes time, a copy of
    /// a directory that was detached before is recognised and takes none.
    func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// Last statements for a server whose directory becomes a template: statistics are gathered, and all accounts
    /// except Roost's own and the application user are locked (they remain because objects belong to them).
    func finalise(_ plan: ServerPlan) async throws(EngineError)
}

/// Removes files from templates that a clone does not need.
package protocol Stripping: Cloning {
    /// Removes from a cleanly stopped directory what a clone does not need or must create itself.
    func strip(directory: String) throws(EngineError)
}
