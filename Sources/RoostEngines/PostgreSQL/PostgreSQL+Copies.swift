import Foundation
import RoostModel

// Snapshots, templates and clones.
extension PostgreSQL {
    /// After a checkpoint, a snapshot needs none of the log written before it.
    package func settle(_ server: ServerAddress) async throws(EngineError) {
        try await administer(server) { connection throws(PostgreSQLFault) in
            connection.patience = .settling
            do throws(PostgreSQLFault) { try connection.run("CHECKPOINT") } catch {
                // The checkpoint goes on by itself. A snapshot taken now takes longer to start and has the same
                // content.
                guard error == .silent else { throw error }
            }
        }
    }

    package func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        // `backup_label` stays: in a snapshot made in backup mode it says where recovery begins.
        try Self.remove(["postmaster.pid", "postmaster.opts", Self.standbyFile, "recovery.signal"], in: directory)
        try removeSlots(in: directory)
        try forgetOriginal(directory, user)
    }

    func forgetOriginal(_ directory: String, _ user: ServerUser) throws(EngineError) {
        let name = "postgresql.auto.conf"
        guard let text = FolderEntry.text("\(directory)/\(name)", atMost: 1 << 20) else { return }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let kept = lines.filter { line in
            !PostgreSQLCopies.isOfOriginal(String(line.drop(while: \.isWhitespace)).lowercased())
        }
        if kept.count == lines.count { return }
        try DirectoryFile.write(Array(kept.joined(separator: "\n").utf8), to: name, in: directory, owner: user)
    }

    // MARK: Subscriptions

    func stopSubscriptions(
        _ server: ServerAddress, _ connection: PostgreSQLConnection, dropping: Bool
    ) throws(PostgreSQLFault) {
        for row in try connection.run(PostgreSQLSubscriptions.list) {
            guard let name = row[0], let database = row[1] else { continue }
            let inside = try PostgreSQLConnection(server, database: database, .administration)
            for statement in PostgreSQLSubscriptions.stop(name, dropping: dropping) { try inside.run(statement) }
        }
    }

    // MARK: A template's last words

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        let hidden = family.systemDatabases ?? []
        return try await administer(plan.address) { connection throws(PostgreSQLFault) in
            let databases = try connection.run(PostgreSQLUsers.reachable).compactMap { $0.first ?? nil }
            var filled: [String] = []
            for database in databases where !hidden.contains(database) {
                let inside = try PostgreSQLConnection(plan.address, database: database, .administration)
                if try inside.run(Self.isFilled).first?.first == "t" { filled.append(database) }
            }
            return filled.sorted()
        }
    }

    /// Whether a database has a user's object that belongs to no extension.
    private static let isFilled =
        "SELECT EXISTS (SELECT FROM (SELECT oid, 'pg_class'::regclass AS class FROM pg_class WHERE relkind <> 'i' "
        + "UNION ALL SELECT oid, 'pg_proc'::regclass FROM pg_proc "
        + "UNION ALL SELECT oid, 'pg_type'::regclass FROM pg_type WHERE typtype IN ('e', 'd', 'r')) AS o "
        + "WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = o.oid AND classid = o.class "
        + "AND deptype = 'e'))"

    package func lockAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            _ = try connection.run(PostgreSQLRoles.tame(applicationUser: plan.applicationUser))
        }
    }

    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        let databases = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try setUp(plan, connection)
            try connection.run(PostgreSQLRoles.tame(applicationUser: plan.applicationUser))
            try stopSubscriptions(plan.address, connection, dropping: true)
            return try connection.run(PostgreSQLUsers.reachable).compactMap { $0.first ?? nil }
        }
        for database in databases {
            try await administer(plan.address) { _ throws(PostgreSQLFault) in
                let inside = try PostgreSQLConnection(plan.address, database: database, .finalising)
                // Vacuum never visits frozen rows again because of their age, so no clone has to rewrite them.
                try inside.run("VACUUM (FREEZE, ANALYZE)")
            }
        }
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            connection.patience = .finalising
            try connection.run("CHECKPOINT")
        }
    }
}

extension PostgreSQLConnection.Patience {
    /// For a checkpoint that a caller waits for.
    static let settling = Self(connect: .seconds(5), answer: .seconds(30))
    /// For statements that read and write a whole template.
    static let finalising = Self(connect: .seconds(5), answer: .seconds(6 * 3600))
}
