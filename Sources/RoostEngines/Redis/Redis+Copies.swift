import RoostHost
import RoostModel

extension Redis {
    /// The server itself repairs a log that was cut off within a command: the missing command was never acknowledged.
    /// The directory holds no replication state.
    package func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        let data = RedisData(folder: directory)
        try data.removeUnfinished()
        try data.forgetUsers()
    }

    package func strip(directory: String) throws(EngineError) {
        try RedisData(folder: directory).removeUnfinished()
    }

    /// Rewrites the log too: it then consists of a dump, which loads several times faster than commands.
    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try userFiles.change(in: data) { list throws(EngineError) in
                try asking { () throws(RedisFault) in
                    for user in list.users { try connection.run(["ACL", "DELUSER", user.name]) }
                }
                try data.forgetUsers()
            }
        }
        // A rewrite under way began before the last writes.
        try await waitForRewrite(plan.address)
        try await administer(plan.address) { connection throws(EngineError) in
            _ = try asking { () throws(RedisFault) in try connection.run(["BGREWRITEAOF"]) }
        }
        try await waitForRewrite(plan.address)
    }

    private func waitForRewrite(_ server: ServerAddress) async throws(EngineError) {
        let deadline = ContinuousClock.now + Self.longestDump
        while true {
            let facts = try await administer(server) { connection throws(EngineError) in
                try asking { () throws(RedisFault) in try connection.run(["INFO", "persistence"]) }
            }
            let isDone = ["aof_rewrite_in_progress", "aof_rewrite_scheduled"].allSatisfy { facts.field($0) == "0" }
            if isDone, facts.field("aof_last_bgrewrite_status") == "ok" { return }
            if isDone { throw .refused(code: 0, message: "the log could not be rewritten; see the server's log") }
            guard ContinuousClock.now < deadline else {
                throw .notReachable("the log was not rewritten within \(Self.longestDump)")
            }
            do { try await Task.sleep(for: .milliseconds(10)) } catch {
                throw .notReachable("the call was cancelled")
            }
        }
    }

    /// The time limit for commands that read or write all data once.
    static let longestDump: Duration = .seconds(4 * 3600)

    // MARK: Online

    /// Requests a dump as a replica would, which is a consistent snapshot of the data, and begins a log with it. The
    /// log itself is not consistent while it is copied file by file.
    package func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String? {
        guard let client = build.programs[flavour.client] else { return nil }
        do { try Storage.makeFolder(target, mode: 0o700, owner: user) } catch {
            throw .notReachable("\(target) could not be created: \(error)")
        }
        let copy = RedisData(folder: target)
        let command = ShortCommand(
            program: client,
            arguments: [
                "-s", plan.folders.socket, "--user", RedisAccess.administrator, "--rdb", try copy.makeLog(),
            ],
            environment: [
                "LC_ALL": "C", "PATH": "/usr/bin:/bin", "REDISCLI_AUTH": plan.administrationPassword,
            ], user: user, patience: Self.longestDump)
        let outcome = try await withoutDelay(plan.address) { () throws(EngineError) in try await command.run() }
        guard outcome.succeeded else {
            let words = outcome.errors.split(whereSeparator: \.isNewline).last ?? "no output"
            throw .refused(code: 0, message: "\(client) ended with \(outcome.ending): \(words)")
        }
        try copy.beginLog()
        try copy.note(build.identity.version, flavour)
        // The copy may be restored into the service itself, so it keeps its users.
        try copy.write(userFiles.list(in: RedisData(folder: plan.folders.data)).text, to: RedisData.usersFile)
        return "rdb"
    }

    /// A server waits some seconds before it begins a dump for a replica, for other replicas that might share the
    /// dump.
    private func withoutDelay<Value: Sendable>(
        _ server: ServerAddress, _ work: () async throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let setting = "repl-diskless-sync-delay"
        let standing = try await administer(server) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                let standing = try connection.run(["CONFIG", "GET", setting])[setting]?.text
                try connection.run(["CONFIG", "SET", setting, "0"])
                return standing
            }
        }
        let result: Result<Value, EngineError>
        do throws(EngineError) { result = .success(try await work()) } catch { result = .failure(error) }
        if let standing {
            // The work's own error is reported. The server's next start corrects the setting.
            try? await administer(server) { connection throws(EngineError) in
                _ = try asking { () throws(RedisFault) in try connection.run(["CONFIG", "SET", setting, standing]) }
            }
        }
        return try result.get()
    }
}
