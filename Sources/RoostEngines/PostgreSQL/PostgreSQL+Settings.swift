import Foundation
import Glibc
import RoostHost
import RoostModel

// Settings and host rules of a running server.
extension PostgreSQL {
    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            let access: PostgreSQLAccess =
                try connection.isOpen ? .open(requiresTLS: plan.certificate != nil) : .closed
            try load(plan, access, files: configuration(plan).files, connection)
            let waiting = Set(
                try connection.run("SELECT lower(name) FROM pg_settings WHERE pending_restart")
                    .compactMap { $0.first ?? nil })
            return Set(changed.keys.filter { waiting.contains($0) || Self.onCommandLine.contains($0) })
        }
    }

    /// Settings on the command line only: loading a new file does not change them.
    private static let onCommandLine: Set = ["port", "wal_level"]

    /// Writes files, has the server reload them, and returns once its sessions see them. The host rules are loaded
    /// together with the gate mark, so that a server is never half open.
    func load(
        _ plan: ServerPlan, _ access: PostgreSQLAccess, files: [String: String] = [:],
        _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let mark = String(UInt64.random(in: .min ... .max), radix: 16)
        var files = files
        files[PostgreSQLConfiguration.hostFile] = access.hostRules(
            applicationUser: plan.applicationUser, followers: PostgreSQLConfiguration.followers(of: plan))
        for (name, text) in files.sorted(by: { $0.key < $1.key }) { try write(text, to: name, plan) }
        // The mark is written last: a session that sees the mark has seen the other files.
        try write(access.gate(mark: mark), to: PostgreSQLConfiguration.gateFile, plan)
        try connection.run("SELECT pg_reload_conf()")
        let deadline = ContinuousClock.now + Self.reloadPatience
        while try connection.mark != mark {
            guard ContinuousClock.now < deadline else { throw try refusal(connection) }
            usleep(1000)
        }
    }

    static let reloadPatience: Duration = .seconds(10)

    /// Loads settings of replication, and returns once they are in force for new sessions.
    func load(
        _ plan: ServerPlan, _ access: PostgreSQLAccess, _ replication: PostgreSQLReplication,
        _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        try load(plan, access, files: [PostgreSQLConfiguration.replicationFile: replication.text], connection)
        guard try connection.replication == replication else {
            throw .refused(
                state: "F0000",
                message: "its settings for replication are overridden, probably by its postgresql.auto.conf")
        }
    }

    /// The server's reasons for rejecting the files.
    private func refusal(_ connection: PostgreSQLConnection) throws(PostgreSQLFault) -> PostgreSQLFault {
        let faults = try connection.run(
            "SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL "
                + "AND error <> 'setting could not be applied'"
        ).map { "\(($0[0] ?? "")): \(($0[1] ?? ""))" }
        return faults.isEmpty
            ? .silent
            : .refused(state: "F0000", message: "it rejects its configuration files: " + faults.joined(separator: "; "))
    }

    /// Replaces the existing file and keeps its owner: the folder belongs to root, the group is the server's. The next
    /// start writes the file anew.
    private func write(_ text: String, to name: String, _ plan: ServerPlan) throws(PostgreSQLFault) {
        let path = "\(plan.folders.configuration)/\(name)"
        var standing = stat()
        let gate = "\(plan.folders.configuration)/\(PostgreSQLConfiguration.gateFile)"
        guard lstat(gate, &standing) == 0 else {
            throw .notConnected("\(gate) is missing; restart the service to write it again")
        }
        do throws(HostError) {
            try Storage.writeAtomically(
                Data(text.utf8), to: path, mode: standing.st_mode & 0o777,
                owner: ServerUser(name: "", uid: standing.st_uid, gid: standing.st_gid), isDurable: false)
        } catch {
            throw .notConnected("\(path) could not be written: \(error)")
        }
    }
}

extension PostgreSQLConnection {
    /// Whether the rules in force let clients in.
    var isOpen: Bool {
        get throws(PostgreSQLFault) {
            try setting(PostgreSQLAccess.gateSetting) == PostgreSQLAccess.open(requiresTLS: false).name
        }
    }

    /// Whether clients are let in and may write.
    var takesWrites: Bool {
        get throws(PostgreSQLFault) {
            let row = try run(
                "SELECT current_setting('\(PostgreSQLAccess.gateSetting)', true), pg_is_in_recovery()"
            ).first
            return row == [PostgreSQLAccess.open(requiresTLS: false).name, "f"]
        }
    }

    /// The settings of replication that this session has loaded.
    var replication: PostgreSQLReplication {
        get throws(PostgreSQLFault) {
            PostgreSQLReplication(
                connection: try setting("primary_conninfo") ?? "", slot: try setting("primary_slot_name") ?? "",
                awaited: try setting("synchronous_standby_names") ?? "", delay: try applyDelay)
        }
    }

    private var applyDelay: Int {
        get throws(PostgreSQLFault) {
            let seconds = "SELECT extract(epoch FROM current_setting('recovery_min_apply_delay')::interval)::bigint"
            return try run(seconds).first?.first?.flatMap { Int($0) } ?? 0
        }
    }

    /// The mark of the files that this session has loaded.
    var mark: String? {
        get throws(PostgreSQLFault) { try setting(PostgreSQLAccess.markSetting) }
    }

    private func setting(_ name: String) throws(PostgreSQLFault) -> String? {
        try run("SELECT current_setting('\(name)', true)").first?.first ?? nil
    }
}
