import Foundation
import Glibc
import RoostModel

// Physical replication: a replica has the primary's files, roles and passwords included, and is read-only as a whole.
extension PostgreSQL {
    /// `backup_label` stays: in a snapshot made in backup mode it says where recovery begins.
    package func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try Self.remove(["postmaster.pid", "postmaster.opts", "recovery.signal"], in: directory)
        try startAsReplica(directory: directory, user: user)
    }

    /// Slots are removed: on a replica they would keep log files that no other server reads. Settings of
    /// `postgresql.auto.conf` would override those that `follow` makes.
    package func startAsReplica(directory: String, user: ServerUser) throws(EngineError) {
        try removeSlots(in: directory)
        try forgetOriginal(directory, user)
        guard !FolderEntry.exists("\(directory)/\(Self.standbyFile)", isFolder: false) else { return }
        try DirectoryFile.write([], to: Self.standbyFile, in: directory, owner: user)
    }

    /// Also keeps limits that were lowered: a replica starts with those that its primary had, until the primary itself
    /// has lowered them and the replica knows.
    package func startAsReplica(_ plan: ServerPlan, user: ServerUser) throws(EngineError) {
        try startAsReplica(directory: plan.folders.data, user: user)
        let limits = PostgreSQLControlFile.read(in: plan.folders.data)?.limits ?? [:]
        let text = PostgreSQLConfiguration(plan: plan, caller: caller).raised(to: limits)
        try DirectoryFile.write(
            Array(text.utf8), to: PostgreSQLConfiguration.limitsFile, in: plan.folders.data, owner: user)
    }

    /// The server removes the file at the end of a promotion.
    static let standbyFile = "standby.signal"

    /// The manual, "Shutting Down the Server": a clean stop ends with a checkpoint, which replicas receive too. The
    /// position is within the record of that checkpoint, so a replica whose position is beyond has everything.
    package func stoppedReport(directory: String, build: EngineBuild) async -> ReplicationReport? {
        guard let control = PostgreSQLControlFile.read(in: directory), control.state == .shutDown else { return nil }
        let position = Position.postgresql(timeline: control.timeline, location: control.checkpoint + 1)
        return ReplicationReport(role: .primary, received: position, applied: position)
    }

    package func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport {
        try await ask(server) { connection throws(PostgreSQLFault) in
            guard let row = try connection.run(PostgreSQLReport.question).first else {
                throw .notConnected("the server did not report its role in replication")
            }
            return PostgreSQLReport.read(row) { connection.server.map(PostgreSQLReplicaLog.lines) ?? [] }
        }
    }

    /// A transaction that failed can only be rolled back, and is not waited for.
    package func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration? {
        try await ask(server) { connection throws(PostgreSQLFault) in
            try connection.run(Self.oldestTransaction).first?.first.flatMap(\.self).flatMap { Double($0) }
                .map { .seconds(max(0, $0)) }
        }
    }

    private static let oldestTransaction =
        "SELECT extract(epoch FROM clock_timestamp() - min(xact_start)) FROM pg_stat_activity "
        + "WHERE backend_type = 'client backend' AND usename <> '\(PostgreSQLAccounts.administrator)' "
        + "AND state <> 'idle in transaction (aborted)'"

    /// Asks over the idle connection of the probes, with their timeouts.
    private func ask<Value: Sendable>(
        _ server: ServerAddress, _ question: @escaping @Sendable (PostgreSQLConnection) throws(PostgreSQLFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, PostgreSQLFault>
        do {
            result = try await AdministrationThreads.run { () throws(PostgreSQLFault) -> Value in
                if let connection = connections.take(server) {
                    do throws(PostgreSQLFault) { return try ask(question, server, connection) } catch {
                        // A restart of the server ended the idle connection: open a new one at once.
                        guard case .notConnected = error else { throw error }
                    }
                }
                return try ask(question, server, try PostgreSQLConnection(server, .look))
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(PostgreSQLFault) { return try result.get() } catch { throw error.engineError }
    }

    private func ask<Value>(
        _ question: (PostgreSQLConnection) throws(PostgreSQLFault) -> Value, _ server: ServerAddress,
        _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) -> Value {
        let value = try question(connection)
        connections.bringBack(connection, server)
        return value
    }

    /// The receiver is started again by the server if its settings change, and stays if they do not. A replica that stays
    /// behind on purpose has it started again only once it has applied what it received.
    package func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError) {
        guard let own = plan.group?.own else { return }
        let wanted = PostgreSQLReplication.following(
            source, as: own, passwords: PostgreSQLConfiguration.passwordPath(plan), delay: plan.group?.delay ?? 0)
        let isStandby = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            guard try connection.isStandby else { return false }
            let before = try connection.replication.connection
            try load(plan, .open(requiresTLS: plan.certificate != nil), wanted, connection)
            if wanted.delay == 0, PostgreSQLReplication.source(in: before) == source,
                PostgreSQLReplication.account(in: before) != own.name
            {
                try ReceiverWait.run { () throws(PostgreSQLFault) in try connection.receives(as: own) }
            }
            return true
        }
        if !isStandby { throw .notOffered("it runs as a primary, and becomes a replica at its next start only") }
    }

    /// Readers are sent away first: they could write afterwards, and their queries would delay the application of
    /// changes. The server itself applies all that it has received before it stops being a replica.
    package func promote(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            if try connection.isStandby {
                try load(plan, .closed, connection)
                try connection.run(Self.endSessions)
                try connection.run("SELECT pg_promote(false)")
                try waitForPromotion(connection)
            }
            // A server that was opened since stays open.
            if try !connection.isOpen { try load(plan, .closed, PostgreSQLReplication.none, connection) }
            try setUpSlots(plan, connection)
        }
    }

    /// Polled, because `pg_promote(true)` looks once in 100 ms only.
    private func waitForPromotion(_ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let deadline = ContinuousClock.now + Self.promotionPatience
        while try connection.isStandby {
            // The promotion goes on by itself, and the next call waits for it again.
            guard ContinuousClock.now < deadline else { throw .silent }
            usleep(2000)
        }
    }

    private static let promotionPatience: Duration = .seconds(60)

    /// Sessions of users; Roost's own do not write.
    private static let endSessions =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
        + "AND usename <> '\(PostgreSQLAccounts.administrator)'"

    /// A closed primary would still write its log: checkpoints, vacuum, workers of extensions. A replica could never be
    /// known to have all of it.
    package func close(_ plan: ServerPlan) async throws(EngineError) {
        throw .notOffered("a PostgreSQL primary is fenced by a clean stop, not while it runs")
    }

    // MARK: Files

    static func remove(_ names: [String], in directory: String) throws(EngineError) {
        do {
            for name in names where FolderEntry.exists("\(directory)/\(name)", isFolder: false) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .copyFailed("\(directory) could not be prepared for its own server: \(error)")
        }
    }

    func removeSlots(in directory: String, where isGone: (String) -> Bool = { _ in true }) throws(EngineError) {
        let slots = "\(directory)/pg_replslot"
        guard FolderEntry.exists(slots, isFolder: true) else { return }
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: slots) where isGone(name) {
                try FileManager.default.removeItem(atPath: "\(slots)/\(name)")
            }
        } catch {
            throw .copyFailed("\(directory) could not be prepared for its own server: \(error)")
        }
    }
}

extension PostgreSQLConnection {
    /// Whether the server receives changes with this account.
    fileprivate func receives(as own: GroupPlan.Follower) throws(PostgreSQLFault) -> Bool {
        let connection = try run("SELECT conninfo FROM pg_stat_wal_receiver WHERE status = 'streaming'").first?.first
        return PostgreSQLReplication.account(in: (connection ?? nil) ?? "") == own.name
    }

    /// Whether the server applies another's changes and takes no writes.
    var isStandby: Bool {
        get throws(PostgreSQLFault) { try run("SELECT pg_is_in_recovery()").first?.first == "t" }
    }
}
