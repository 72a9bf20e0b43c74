import Foundation
import Glibc
import RoostModel

// Copies of a running server by the engine's own means.
extension PostgreSQL {
    /// The manual, "Making a Base Backup Using the Low Level API": the session that began the backup stays open until
    /// its end, and the text returned at the end is written into the copy unchanged. A slot of the session keeps the
    /// log in between.
    package func image(
        _ server: ServerAddress, copy: @Sendable () async throws -> String
    ) async throws(EngineError) -> Bool {
        guard let backup = try await BackupMode.begin(server) else { return false }
        let directory: String
        do { directory = try await copy() } catch let error as EngineError { throw error } catch {
            // Backup mode ends with its connection.
            throw .copyFailed("\(error)")
        }
        let end = try await backup.end()
        try await onThread { () throws(EngineError) in
            try complete(directory, with: end, of: server)
            // The session's slot keeps the log until here.
            withExtendedLifetime(backup) {}
        }
        return true
    }

    private func complete(
        _ directory: String, with end: BackupMode.End, of server: ServerAddress
    ) throws(EngineError) {
        let owner = try Self.owner(of: directory)
        for name in end.segments {
            // The server may have written this segment during the copy, or created it after the copy.
            let path = "\(server.data)/pg_wal/\(name)"
            guard let bytes = FolderEntry.bytes(path, atMost: end.segmentSize), bytes.count == end.segmentSize else {
                throw .copyFailed("the WAL file '\(name)' could not be read")
            }
            try DirectoryFile.write(bytes, to: "pg_wal/\(name)", in: directory, owner: owner)
        }
        if !end.tablespaces.isEmpty {
            try DirectoryFile.write(Array(end.tablespaces.utf8), to: "tablespace_map", in: directory, owner: owner)
        }
        do {
            for name in ["postmaster.pid", "postmaster.opts"]
            where FolderEntry.exists("\(directory)/\(name)", isFolder: false) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .copyFailed("\(directory) still claims that a server is running: \(error)")
        }
        try DirectoryFile.write(Array(end.label.utf8), to: "backup_label", in: directory, owner: owner)
    }

    private func onThread(_ work: @escaping @Sendable () throws(EngineError) -> Void) async throws(EngineError) {
        let result: Result<Void, EngineError>
        do { result = try await AdministrationThreads.run(work) } catch {
            throw .notReachable("the call was cancelled")
        }
        try result.get()
    }

    private static func owner(of directory: String) throws(EngineError) -> ServerUser {
        var status = stat()
        guard lstat("\(directory)/PG_VERSION", &status) == 0 else {
            throw .copyFailed("\(directory) is not a data directory")
        }
        return ServerUser(name: "", uid: status.st_uid, gid: status.st_gid)
    }

    package func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String? {
        // A copy has no WAL sender.
        guard let program = build.programs["pg_basebackup"], !plan.profile.isCopy else { return nil }
        try await admitting(user, plan) { () async throws(EngineError) in
            let outcome = try await ShortCommand(
                program: program,
                arguments: ["-D", target, "-X", "stream", "--checkpoint=fast", "--no-password", "--no-manifest"],
                environment: clientEnvironment(plan, build), user: user, patience: .seconds(6 * 3600)
            ).run()
            guard outcome.succeeded else {
                let words = outcome.errors.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
                throw .copyFailed("\(program) ended with \(outcome.ending): \(words)")
            }
        }
        return "pg_basebackup"
    }
}

/// A server in backup mode, and the session that holds it there.
private struct BackupMode {
    let connection: PostgreSQLConnection
    /// The first WAL segment that a copy needs.
    let first: String

    struct End {
        let label: String
        let tablespaces: String
        let segments: [String]
        let segmentSize: Int
    }

    /// Nil if the server is a replica, or if its `wal_level` is minimal.
    static func begin(_ server: ServerAddress) async throws(EngineError) -> BackupMode? {
        try await ask { () throws(PostgreSQLFault) in
            // A backup begins with a checkpoint.
            let connection = try PostgreSQLConnection(server, .finalising)
            let state = try connection.run("SELECT pg_is_in_recovery(), current_setting('wal_level')").first
            guard state?[0] == "f", state?[1] != "minimal" else { return nil }
            try connection.run(
                "SELECT pg_create_physical_replication_slot('roost_image_' || pg_backend_pid(), true, true)")
            let first = try connection.run(
                "SELECT pg_walfile_name(pg_backup_start('roost', fast => true))"
            ).first?.first
            guard let first, let first else { throw .notConnected("the server did not report where its WAL begins") }
            return BackupMode(connection: connection, first: first)
        }
    }

    func end() async throws(EngineError) -> End {
        try await Self.ask { () throws(PostgreSQLFault) in
            let end =
                try connection.run(
                    "SELECT labelfile, spcmapfile, pg_walfile_name(lsn), "
                        + "(SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') "
                        + "FROM pg_backup_stop(wait_for_archive => false)"
                ).first ?? []
            guard end.count == 4, let label = end[0], let last = end[2], let size = end[3].flatMap({ Int($0) }) else {
                throw .notConnected("the server did not report where its WAL ends")
            }
            let segments = try connection.run(
                "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' "
                    + "AND name BETWEEN \(PostgreSQLText.literal(first)) AND \(PostgreSQLText.literal(last)) ORDER BY 1"
            ).compactMap { $0.first ?? nil }
            guard segments.first == first, segments.last == last else {
                throw .refused(state: "58P01", message: "the WAL that was written during the copy no longer exists")
            }
            return End(label: label, tablespaces: end[1] ?? "", segments: segments, segmentSize: size)
        }
    }

    private static func ask<Value: Sendable>(
        _ work: @escaping @Sendable () throws(PostgreSQLFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, PostgreSQLFault>
        do { result = try await AdministrationThreads.run(work) } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(PostgreSQLFault) { return try result.get() } catch { throw error.engineError }
    }
}
