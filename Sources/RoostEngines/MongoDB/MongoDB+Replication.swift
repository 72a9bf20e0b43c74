import RoostModel

// Members of a group are members of one replica set, which elects its primary itself. Roost decides which member it is
// by asking for an election, and a majority of the members decides whether that is safe.
extension MongoDB {
    /// The copy keeps `local`, which holds the oplog and the set's configuration: the member catches up from there. It
    /// has no vote until it has caught up, so it matters to no majority that the copy lacks the newest writes.
    package func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try Self.clear(directory)
    }

    package func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport {
        try await ask(server) { connection throws(MongoFault) in
            MongoDBReplication(
                hello: try connection.run(["hello": 1]), status: try connection.replicaSetStatus(),
                set: try connection.replicaSet()
            ).report
        }
    }

    package func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration? {
        try await ask(server) { connection throws(MongoFault) in
            MongoDBTransactions.oldest(in: try connection.run(MongoDBTransactions.question))
        }
    }

    /// Asks over the idle connection of the probes, with their timeouts.
    private func ask<Value: Sendable>(
        _ server: ServerAddress, _ question: @escaping @Sendable (MongoConnection) throws(MongoFault) -> Value
    ) async throws(EngineError) -> Value {
        try await onThread { () throws(MongoFault) in
            if let idle = connections.take(server.socket) {
                do throws(MongoFault) { return try ask(question, through: idle, server) } catch {
                    // The connection ended with its server.
                    guard error.isUnanswered else { throw error }
                }
            }
            let connection = try MongoConnection(
                server.socket, .system(key: server.administrationPassword), .probe)
            return try ask(question, through: connection, server)
        }
    }

    private func ask<Value>(
        _ question: (MongoConnection) throws(MongoFault) -> Value, through connection: MongoConnection,
        _ server: ServerAddress
    ) throws(MongoFault) -> Value {
        let value = try question(connection)
        connections.bringBack(connection, server.socket)
        return value
    }

    /// Waits until the set's primary is the wanted one: the members follow whichever member they elected, and the
    /// primary lists new members. Users may read from every member that has data.
    package func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError) {
        let deadline = ContinuousClock.now + .seconds(5)
        var trouble = ""
        repeat {
            let report = try await replicationReport(plan.address)
            switch (report.role, report.link) {
            case (.replica, _) where report.source == source: return
            case (.primary, _): trouble = "the replica set elected it as the primary"
            case (.replica, .connecting(let reason)), (.replica, .broken(let reason)): trouble = reason
            case (.replica, .up), (.replica, .none): trouble = "the replica set elected another primary"
            }
            // A cancelled wait ends at the deadline's check or with the next call.
            try? await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < deadline
        throw .notReachable(trouble)
    }

    /// A commit waits for a majority of the members with a vote. On a primary, the vote is given to these members and
    /// taken from the others; a replica has no switch.
    ///
    /// Commits that wait for an unreachable majority are not released: the primary steps down after 10 s, and they end
    /// with an error.
    package func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError) {
        switch part {
        case .acknowledges: return
        case .none: try await giveVotes([], plan)
        case .waits(let indices): try await giveVotes(Set(indices), plan)
        }
    }

    /// Applies all that it has received, and all that it can still get from the other members, before it takes writes.
    /// A member that others are ahead of is not elected.
    package func promote(_ plan: ServerPlan) async throws(EngineError) {
        try await becomePrimary(plan)
        try await setHandoff(true, plan)
    }

    /// Has the primary step down once a majority and an electable member have all its writes. Open transactions are
    /// aborted, waiting commits end with an error, and later writes are refused: sessions need not be ended.
    ///
    /// No other member is elected at once, so that the caller can compare positions and choose. If no member is
    /// promoted, the set elects one after its election timeout of 10 s.
    package func close(_ plan: ServerPlan) async throws(EngineError) {
        let isPrimary = try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            try connection.isPrimary()
        }
        guard isPrimary else { return }
        try await setHandoff(false, plan)
        do throws(EngineError) {
            try await administer(plan) { connection throws(MongoFault) in
                _ = try connection.run([
                    "replSetStepDown": Self.stepDownSeconds, "secondaryCatchUpPeriodSecs": Self.catchUpSeconds,
                ])
            }
        } catch {
            try await setHandoff(true, plan)
            // The member may have stepped down meanwhile.
            guard case .refused(MongoFault.Code.notPrimary, _) = error else { throw error }
            return
        }
        try await setHandoff(true, plan)
    }

    /// Time for which a member that stepped down cannot be elected, unless it is promoted.
    private static let stepDownSeconds: BSONValue = 10
    /// Less than a handover's deadline.
    private static let catchUpSeconds: BSONValue = 4

    /// Whether a primary that steps down has another member elected at once.
    private func setHandoff(_ isOn: Bool, _ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            _ = try connection.run(["setParameter": 1, "enableElectionHandoff": .bool(isOn)])
        }
    }
}
