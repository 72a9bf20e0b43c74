import RoostModel

/// Before a snapshot of a running server's directory, writes out the changes that its copies would otherwise have to
/// recover.
package protocol Settling: Engine {
    func settle(_ server: ServerAddress) async throws(EngineError)
}

/// Snapshots of a running server that need no freeze to be consistent (PostgreSQL's backup mode).
package protocol BackupModes: Engine {
    /// Copies the directory in the server's backup mode. `copy` copies the data directory file by file, while the
    /// files change, and returns the copy's path; the files that the engine requires in the copy are written before
    /// this returns. False if the server's release has no such mode; then nothing was copied.
    func image(
        _ server: ServerAddress, copy: @Sendable () async throws -> String
    ) async throws(EngineError) -> Bool
}

/// Copies a running server's data with the engine's own online backup, if the storage has no reflinks or a freeze
/// would take too long.
package protocol OnlineBackups: Engine {
    /// Copies the data to `target`, which does not exist yet, in a folder that the server's user can write to.
    /// Returns the method's name (`mariadb-backup`), or nil if this host has no such method; then nothing was copied.
    func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String?
}
