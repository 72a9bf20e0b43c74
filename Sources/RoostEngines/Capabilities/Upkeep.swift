import RoostModel

/// Trims change logs that grow until they expire. Redis rewrites its command log by itself, and MongoDB's has a fixed
/// size.
package protocol LogTrimming: Engine {
    /// Removes the server's oldest change logs until they fit, except logs that a replica still reads. Logs also
    /// expire by age; this limits them where much is written in a short time.
    func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError)
}

/// Work on the data that a newer release needs besides its start.
package protocol Upgrades: Engine {
    /// Upgrades the data of a running, still closed server to the server's version. Idempotent.
    func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)
}
