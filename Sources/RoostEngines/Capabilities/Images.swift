import RoostModel

/// Writing out, before an image of a running server's directory is taken, what its copies would have to recover.
package protocol Settling: Engine {
    func settle(_ server: ServerAddress) async throws(EngineError)
}

/// Images of a running server that need no freeze to be consistent (PostgreSQL's backup mode).
package protocol BackupModes: Engine {
    /// Has the directory copied while the server says what belongs together. `copy` copies the data directory file by
    /// file, while they change, and returns the copy's path; what the engine says must be in it is written before this
    /// returns. False: the server is of a release without such a mode, and nothing was done.
    func image(
        _ server: ServerAddress, copy: @Sendable () async throws -> String
    ) async throws(EngineError) -> Bool
}

/// Copies of a running server's data by the engine's own online means, where the storage has no reflinks or a freeze would
/// take too long.
package protocol OnlineBackups: Engine {
    /// `target` is not there yet; the folder around it is the server's user's to write to. Returns the name of the means
    /// (`mariadb-backup`); nil: there is none on this machine, and nothing was done.
    func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String?
}
