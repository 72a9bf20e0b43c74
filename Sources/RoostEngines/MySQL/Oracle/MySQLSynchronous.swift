import RoostModel

/// Switches a server's part in semi-synchronous replication.
struct MySQLSynchronous: Sendable {
    let plan: ServerPlan

    /// Releases commits that wait.
    func setNone(_ connection: ServerConnection) throws(ClientFault) {
        let status = try MySQLReplicationStatus(connection, data: plan.folders.data)
        // Without the plugins every switch is off.
        guard status.synchronous.isLoaded else { return }
        try connection.run("SET GLOBAL rpl_semi_sync_source_enabled = 0")
        try acknowledge(false, status, connection)
    }

    func setWaiting(_ connection: ServerConnection) throws(ClientFault) {
        _ = try loadedStatus(connection)
        for option in MySQLGroup.waiting { try connection.change(option.name, option.value) }
        try connection.run("SET GLOBAL rpl_semi_sync_replica_enabled = 0")
        try connection.run("SET GLOBAL rpl_semi_sync_source_enabled = 1")
        try releaseReceived(connection)
    }

    func setAcknowledging(_ connection: ServerConnection) throws(ClientFault) {
        let status = try loadedStatus(connection)
        try connection.run("SET GLOBAL rpl_semi_sync_source_enabled = 0")
        try acknowledge(true, status, connection)
    }

    private func loadedStatus(_ connection: ServerConnection) throws(ClientFault) -> MySQLReplicationStatus {
        let status = try MySQLReplicationStatus(connection, data: plan.folders.data)
        guard status.synchronous.isLoaded else { throw MySQLGroup.notLoaded }
        return status
    }

    /// The switch comes into force when the receiver connects. A new receiver goes on after what was received, applied
    /// or not.
    private func acknowledge(
        _ isWanted: Bool, _ status: MySQLReplicationStatus, _ connection: ServerConnection
    ) throws(ClientFault) {
        let switching = "SET GLOBAL rpl_semi_sync_replica_enabled = \(isWanted ? 1 : 0)"
        guard let channel = status.channel, channel.isReceiving, let group = plan.group, let port = channel.port else {
            if isWanted { throw .refusal("it follows no primary whose commits it could acknowledge") }
            try connection.run(switching)
            return
        }
        let isInForce = status.synchronous.acknowledges == isWanted || channel.receiver != "Yes"
        if status.synchronous.isEnabled == isWanted, isInForce { return }
        try connection.run("STOP REPLICA IO_THREAD")
        let fault = try connection.runEach([switching])
        try connection.run(MySQLSource(plan: plan, port: port, own: group.own).start(" IO_THREAD"))
        if let fault { throw fault }
    }

    /// Commits that waited when their replica began to acknowledge are released by the acknowledgement of a later
    /// transaction: replicas never acknowledge again what they had received before. This transaction changes nothing.
    private func releaseReceived(_ connection: ServerConnection) throws(ClientFault) {
        let synchronous = try MySQLReplicationStatus(connection, data: plan.folders.data).synchronous
        guard synchronous.waiting > 0, synchronous.clients > 0 else { return }
        do throws(ClientFault) {
            // A connection with short timeouts: the transaction waits as well.
            try ServerConnection(plan.address, .probe).run("DROP TABLE IF EXISTS mysql.roost_acknowledged")
        } catch {
            // The replica has gone away again. The transaction waits with the others.
            guard error.isUnanswered else { throw error }
        }
    }
}
