import RoostModel

// Replicas begin with a copy of the primary's data and its binary log, which tells the position of the copy. They
// follow by GTID.
extension MariaDB: Replication {
    package func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        try refuse(build.identity.version)
        try SeedNote.take(in: directory)
        try CopiedFiles.remove(from: directory, where: CopiedFiles.isOfMember)
    }

    package func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport {
        try await administration.ask(server) { [relayReadings] connection throws(ClientFault) in
            var status = try MariaDBReplicationStatus(connection)
            status.acknowledged = AcknowledgedNote.read(in: server.data)
            if status.isAtRest { status.kept = relayReadings.read(server.data, beyond: status.position) }
            return status.report
        }
    }

    package func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError) {
        guard let own = plan.group?.own else { return }
        let following = MariaDBFollowing(
            source: MariaDBSource(plan: plan, port: source, own: own), tables: userTables)
        let version = try await administration.administer(plan.address) { connection throws(ClientFault) in
            try connection.run("SELECT VERSION()").first?.first ?? nil
        }
        if let version = version.flatMap({ EngineVersion(String($0.prefix { $0 != "-" })) }) { try refuse(version) }
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try following.run(connection)
        }
    }

    package func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError) {
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            let switches = MariaDBSynchronous(server: plan.address)
            switch part {
            case .none: try switches.setNone(connection)
            case .waits: try switches.setWaiting(connection)
            case .acknowledges: try switches.setAcknowledging(connection)
            }
        }
    }

    /// Sessions of users end first: the applier would wait for their locks.
    package func promote(_ plan: ServerPlan) async throws(EngineError) {
        let recovery = MariaDBRelayRecovery(directory: plan.folders.data, tables: userTables, fence: .mariadb)
        try await administration.administer(plan.address) { connection throws(ClientFault) in
            try MariaDBPromotion(fence: .mariadb, recovery: recovery).run(connection)
        }
        AcknowledgedNote.remove(from: plan.folders.data)
    }

    package func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration? {
        try await administration.oldestTransaction(server, .mariadb)
    }

    package func close(_ plan: ServerPlan) async throws(EngineError) {
        try await administration.close(plan.address, .mariadb)
    }

    private var userTables: UserTables { UserTables(systemDatabases: family.systemDatabases ?? []) }

    private func refuse(_ version: EngineVersion) throws(EngineError) {
        if let reason = MariaDBGroup.refusal(version) { throw .notOffered(reason) }
    }
}

extension Fence {
    /// Roost connects over the socket, clients over TCP; the server's own threads have no host.
    static let mariadb = Fence(
        sessions: "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
            + "AND COMMAND <> 'Binlog Dump' AND (HOST LIKE '%:%' OR (HOST = 'localhost' AND USER <> 'event_scheduler'))",
        statement: "SET GLOBAL read_only = 1")
}
