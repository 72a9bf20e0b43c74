import Glibc
import RoostModel

// Commits that wait for replicas. A replica has no switch of its own: it acknowledges what the primary asks for.
extension PostgreSQL {
    package func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            guard try !connection.isStandby else { return }
            switch part {
            case .none: try load(awaiting: "", plan, connection)
            case .waits(let members): try wait(for: members, plan, connection)
            case .acknowledges: return
            }
        }
    }

    private func load(
        awaiting names: String, _ plan: ServerPlan, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let access: PostgreSQLAccess = try connection.isOpen ? .open(requiresTLS: plan.certificate != nil) : .closed
        try load(plan, access, PostgreSQLReplication(awaited: names), connection)
    }

    /// Names of members are in the file only once commits were seen to wait, so that the report of a server that shows
    /// them is true.
    private func wait(
        for members: [Int], _ plan: ServerPlan, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        if !PostgreSQLReplication.isSeenToWait(try connection.replication.awaited) {
            do throws(PostgreSQLFault) {
                try load(awaiting: PostgreSQLReplication.nobody, plan, connection)
                try seeCommitWait(plan, connection)
            } catch {
                // The first error is reported. Commits must not wait for nobody.
                try? load(awaiting: "", plan, connection)
                throw error
            }
        }
        try load(awaiting: PostgreSQLReplication.any(of: members), plan, connection)
        try waitUntilUncounted(except: members, connection)
    }

    /// Returns once a commit was seen to wait for a replica.
    ///
    /// The server's sources, "syncrep.c": commits wait from the moment at which the checkpointer has read the setting,
    /// which it does not during a checkpoint that is asked for or late. Until then they are acknowledged at once,
    /// although every session shows the new value (tried on 15: for all of a checkpoint of 0.6 s).
    private func seeCommitWait(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let witness = try PostgreSQLConnection(plan.address, .administration)
        let deadline = ContinuousClock.now + Self.checkpointPatience
        while ContinuousClock.now < deadline {
            try witness.send("SELECT pg_logical_emit_message(true, 'roost', '')")
            while try !witness.hasAnswered(within: .milliseconds(2)) {
                guard ContinuousClock.now < deadline else { throw .silent }
                guard try isWaiting(witness, connection) else { continue }
                // The commit is of a message that no server reads, and ends with its session.
                try connection.run("SELECT pg_terminate_backend(\(witness.backend))")
                return
            }
            usleep(2000)
        }
        throw .silent
    }

    private static let checkpointPatience: Duration = .seconds(20)

    private func isWaiting(
        _ witness: PostgreSQLConnection, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) -> Bool {
        try !connection.run(
            "SELECT FROM pg_stat_activity WHERE pid = \(witness.backend) AND wait_event = 'SyncRep'"
        ).isEmpty
    }

    /// Returns once the acknowledgement of no other replica counts: the sender of each reads the setting by itself.
    private func waitUntilUncounted(
        except members: [Int], _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let names = members.map { PostgreSQLText.literal(PostgreSQLReplication.name(of: $0)) } + ["''"]
        let counted =
            "SELECT FROM pg_stat_replication WHERE sync_priority > 0 "
            + "AND application_name NOT IN (\(names.joined(separator: ", ")))"
        let deadline = ContinuousClock.now + Self.reloadPatience
        while try !connection.run(counted).isEmpty {
            guard ContinuousClock.now < deadline else { throw .silent }
            usleep(2000)
        }
    }
}

extension PostgreSQLConnection {
    /// Commits of this session wait for no replica from now on: a primary whose replicas are away is opened all the
    /// same. For statements that run again on the next primary.
    func waitForNoReplica(_ plan: ServerPlan) throws(PostgreSQLFault) {
        if plan.group != nil { try run("SET synchronous_commit = local") }
    }
}
