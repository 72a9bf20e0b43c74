import RoostModel

/// Logs of changes that grow until they expire. Redis rewrites its log of commands by itself, and MongoDB's has a fixed
/// size.
package protocol LogTrimming: Engine {
    /// Removes the oldest of the server's own logs of changes until they fit, but none that a replica still reads. They
    /// expire by age besides; this bounds them where much is written in little time.
    func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError)
}

/// Work that a newer release needs done on the data besides its start.
package protocol Upgrades: Engine {
    /// Brings the data of a server that runs, and is still closed, to its version. Idempotent.
    func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)
}
