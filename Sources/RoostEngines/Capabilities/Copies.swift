import RoostModel

/// Clones and templates.
package protocol Cloning: Engine {
    /// Makes the image of another server's directory, crash-consistent or clean, into one that a server of its own can be
    /// started on: whatever makes it act as the original goes, and what keeps a second server from starting on it. No
    /// server runs on it. Idempotent. The last step of a template, too, after `slim`: where it takes time, a copy of a
    /// detached directory is known as one and takes none.
    func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// The last words to a server whose directory becomes a template: statistics are gathered, and accounts besides Roost's
    /// own and the application user can no longer sign on (they stay, because objects belong to them).
    func finalise(_ plan: ServerPlan) async throws(EngineError)
}

/// Templates whose files hold what a clone does not need.
package protocol Stripping: Cloning {
    /// Takes out of a cleanly stopped directory what a clone would not need or has to have of its own.
    func slim(directory: String) throws(EngineError)
}
