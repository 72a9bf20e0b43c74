import RoostHost
import RoostModel

// Replicas copy the primary's data set when they first follow it, and whenever they miss more than its backlog holds:
// with the log on, a restarted server does not know its replication offset.
extension Redis {
    /// Users that were added travel with the data, as to a restored snapshot.
    package func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try RedisData(folder: directory).removeUnfinished()
    }

    package func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport {
        try await administer(server, overStanding: true) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                var report = RedisReplication.read(try connection.run(["INFO", "replication"]))
                if report.role == .replica {
                    report.account = try connection.run(["CONFIG", "GET", "masterauth"])["masterauth"]?.text
                        .map(RedisReplication.account)
                }
                return report
            }
        }
    }

    /// A member's account keeps its name, so the password tells which one a replica uses next.
    package func account(_ follower: GroupPlan.Follower) -> String { RedisReplication.account(follower.password) }

    /// Runs as one transaction: a server that follows admits its users and accepts no writes of theirs. The router
    /// keeps clients away until the server has loaded the primary's data. A replica of `source` stays connected, and uses
    /// the password with its next connection.
    package func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError) {
        guard let own = plan.group?.own else { return }
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try noteServed(data, by: connection)
            try asking { () throws(RedisFault) in
                let access = RedisAccess(plan: plan)
                try connection.run(["CONFIG", "SET", "masteruser", own.memberName, "masterauth", own.password])
                try connection.runAtOnce(
                    [["REPLICAOF", "127.0.0.1", "\(source)"]] + userFiles.list(in: data).users.map(RedisAccess.added)
                        + [access.shown(isOn: true)])
            }
        }
    }

    /// Received writes are applied already: the server does both in one step. Readers are sent away in the same
    /// transaction, because they could write from then on.
    package func promote(_ plan: ServerPlan) async throws(EngineError) {
        try await close(plan, first: [["REPLICAOF", "NO", "ONE"]])
    }

    /// The primary refuses writes while no replica was heard from in the last two seconds. A write that it takes is not
    /// known to be on a replica when it is acknowledged.
    package func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError) {
        let isWaiting = if case .waits = part { true } else { false }
        try await administer(plan.address, overStanding: true) { connection throws(EngineError) in
            _ = try asking { () throws(RedisFault) in
                try connection.run(
                    ["CONFIG", "SET", "min-replicas-max-lag", "2", "min-replicas-to-write", isWaiting ? "1" : "0"])
            }
        }
    }

    /// A transaction is a queue at the client's connection until it runs, as a whole and at once: none is ever half done.
    package func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration? { nil }

    package func close(_ plan: ServerPlan) async throws(EngineError) { try await close(plan, first: []) }

    /// Runs as one transaction: a probe takes a server without an enabled application user for closed, and no session
    /// may be left by then.
    private func close(_ plan: ServerPlan, first: [[String]]) async throws(EngineError) {
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address, overStanding: true) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                try connection.runAtOnce(
                    first + userFiles.list(in: data).users.map { ["ACL", "SETUSER", $0.name, "off"] }
                        + [RedisAccess(plan: plan).shown(isOn: false)]
                        + ["normal", "pubsub"].map { ["CLIENT", "KILL", "TYPE", $0, "SKIPME", "yes"] })
            }
        }
    }
}

/// The report in a server's answer to `INFO replication`. Pure.
enum RedisReplication {
    /// Names the password that a replica signs on with. Passwords of members are random with 256 bits.
    static func account(_ password: String) -> String { String(RedisAccess.digest(password).prefix(16)) }

    static func read(_ facts: RedisAnswer) -> ReplicationReport {
        let history = facts.field("master_replid") ?? ""
        func position(_ field: String) -> Position? {
            facts.field(field).flatMap { Int64($0) }.map { .redis(history: history, offset: $0) }
        }
        guard facts.field("role") == "slave" else {
            let position = position("master_repl_offset")
            return ReplicationReport(
                role: .primary, received: position, applied: position,
                // The server counts its replicas only while it demands one.
                isSynchronous: facts.field("min_slaves_good_slaves") != nil)
        }
        let source = facts.field("master_port").flatMap { Int($0) }.flatMap { PortNumber($0) }
        if facts.field("master_sync_in_progress") == "1" {
            // The replica's earlier data is being replaced.
            let done = facts.field("master_sync_perc").map { ", \($0) %" } ?? ""
            return ReplicationReport(
                role: .replica, link: .connecting(reason: "it is copying the primary's data\(done)"), source: source)
        }
        let position = position("slave_repl_offset")
        guard facts.field("master_link_status") == "up" else {
            let silence = facts.field("master_link_down_since_seconds").flatMap { Int($0) } ?? -1
            let since = silence < 0 ? "" : " for \(silence) s"
            return ReplicationReport(
                role: .replica, link: .connecting(reason: "it has had no connection to the primary\(since)"),
                source: source, received: position, applied: position)
        }
        return ReplicationReport(
            role: .replica, link: .up, source: source, received: position, applied: position,
            // The primary sends something every second.
            secondsBehind: facts.field("master_last_io_seconds_ago").flatMap { Double($0) }.map { max(0, $0 - 1) })
    }
}
