import RoostModel

// Replicas begin with a copy of the primary's data, which tell their position themselves. They follow by GTID.
extension MySQL: Replication {
    /// The connection of a replica is in a table of the data: `follow` replaces it.
    package func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        if let reason = MySQLGroup.refusal(build) { throw .notOffered(reason) }
        try CopiedFiles.remove(from: directory, where: CopiedFiles.isOfMember)
    }

    package func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport {
        try await administration.ask(server) { connection throws(ClientFault) in
            try MySQLReplicationStatus(connection, data: server.data).report(divergences[server])
        }
    }

    package func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError) {
        guard let own = plan.group?.own else { return }
        let following = MySQLFollowing(
            plan: plan, source: MySQLSource(plan: plan, port: source, own: own),
            tables: UserTables(systemDatabases: family.systemDatabases ?? []), divergences: divergences)
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try following.run(connection)
        }
    }

    package func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            let switches = MySQLSynchronous(plan: plan)
            switch part {
            case .none: try switches.setNone(connection)
            case .waits: try switches.setWaiting(connection)
            case .acknowledges: try switches.setAcknowledging(connection)
            }
        }
    }

    /// Sessions of users end first: the applier would wait for their locks.
    package func promote(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try MySQLPromotion(fence: .mysql, data: plan.folders.data).run(connection)
        }
        // A primary has nobody to be compared with.
        divergences[plan.address] = nil
    }

    package func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration? {
        try await administration.oldestTransaction(server, .mysql)
    }

    package func close(_ plan: ServerPlan) async throws(EngineError) {
        administration.closed.insert(plan.address)
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try MySQLClosing(server: plan.address).run(connection)
        }
        try await administration.close(plan.address, .mysql)
    }
}
