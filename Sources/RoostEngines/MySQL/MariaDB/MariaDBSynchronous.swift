import RoostModel

/// Switches a server's part in semi-synchronous replication.
struct MariaDBSynchronous: Sendable {
    let server: ServerAddress

    /// Releases commits that wait.
    func setNone(_ connection: ServerConnection) throws(ClientFault) {
        try connection.run("SET GLOBAL rpl_semi_sync_master_enabled = 0")
        try acknowledge(false, connection)
    }

    func setWaiting(_ connection: ServerConnection) throws(ClientFault) {
        for option in MariaDBGroup.waiting { try connection.change(option.name, option.value) }
        try connection.run("SET GLOBAL rpl_semi_sync_slave_enabled = 0")
        try connection.run("SET GLOBAL rpl_semi_sync_master_enabled = 1")
        try releaseReceived(connection)
    }

    func setAcknowledging(_ connection: ServerConnection) throws(ClientFault) {
        try connection.run("SET GLOBAL rpl_semi_sync_master_enabled = 0")
        try acknowledge(true, connection)
    }

    /// The switch comes into force when the I/O thread starts. Everything received is applied before: a start of that
    /// thread may remove what was not applied.
    private func acknowledge(_ isWanted: Bool, _ connection: ServerConnection) throws(ClientFault) {
        let status = try MariaDBReplicationStatus(connection)
        let switching = "SET GLOBAL rpl_semi_sync_slave_enabled = \(isWanted ? 1 : 0)"
        guard let channel = status.channel, channel.isReceiving else {
            if isWanted { throw .refusal("it follows no primary whose commits it could acknowledge") }
            try connection.run(switching)
            return
        }
        // Without a connection the switch comes into force with the next one.
        let isInForce = status.synchronous.acknowledges == isWanted || channel.receiver != "Yes"
        if status.synchronous.isEnabled == isWanted, isInForce { return }
        try connection.run("STOP SLAVE IO_THREAD")
        do throws(ClientFault) {
            guard try MariaDBDrain.isOver(connection, within: 5) else {
                throw .refusal("it has not caught up with its primary")
            }
            try connection.run(switching)
        } catch {
            try connection.run("START SLAVE IO_THREAD")
            throw error
        }
        try connection.run("START SLAVE IO_THREAD")
    }

    /// Commits that waited when their replica began to acknowledge are released by the acknowledgement of a later
    /// transaction: replicas never acknowledge again what they had received before. This transaction changes nothing.
    private func releaseReceived(_ connection: ServerConnection) throws(ClientFault) {
        let synchronous = try MariaDBReplicationStatus(connection).synchronous
        guard synchronous.waiting > 0, synchronous.clients > 0 else { return }
        do throws(ClientFault) {
            // A connection with short timeouts: the transaction waits as well.
            try ServerConnection(server, .probe).run("DROP TABLE IF EXISTS mysql.roost_acknowledged")
        } catch {
            // The replica has gone away again. The transaction waits with the others.
            guard error.isUnanswered else { throw error }
        }
    }
}
