import RoostModel

/// Makes a replica a server of its own once it has applied all that it received. The server stays read-only.
struct MariaDBPromotion: Sendable {
    /// Limit of the wait for the applier, below the timeout of an administration's answer.
    private static let patience: Duration = .seconds(30)

    let fence: Fence
    let recovery: MariaDBRelayRecovery

    /// The I/O thread is not started again: that would remove changes that were received and not applied.
    func run(_ connection: ServerConnection) throws(ClientFault) {
        try connection.run("SET SESSION sql_log_bin = 0")
        let status = try MariaDBReplicationStatus(connection)
        guard let channel = status.channel else { return }
        if status.isAtRest {
            try recovery.run(connection, status)
        } else {
            try MariaDBDrain.refuseStopped(channel, status)
            try fence.endSessions(connection)
            try connection.run("STOP SLAVE IO_THREAD")
            try drain(connection)
        }
        try connection.run("STOP SLAVE")
        try connection.run("RESET SLAVE ALL")
        try connection.run("SET GLOBAL rpl_semi_sync_slave_enabled = 0")
    }

    /// Users may sign on while the applier works, and lock what it needs.
    private func drain(_ connection: ServerConnection) throws(ClientFault) {
        let deadline = ContinuousClock.now + Self.patience
        while try !MariaDBDrain.isOver(connection, within: 1) {
            guard ContinuousClock.now < deadline else {
                throw .refusal("it has not applied all that it received within \(Self.patience)")
            }
            try fence.endSessions(connection)
        }
    }
}

/// The wait until a replica has applied all that it received. Its I/O thread is stopped.
enum MariaDBDrain {
    /// Waits for the given number of seconds at most.
    static func isOver(_ connection: ServerConnection, within seconds: Int) throws(ClientFault) -> Bool {
        let status = try MariaDBReplicationStatus(connection)
        guard let channel = status.channel, channel.mayHoldMore(than: status.applied) else { return true }
        try refuseStopped(channel, status)
        let position = SQLText.literal("\(channel.received)")
        let rows = try connection.run("SELECT MASTER_GTID_WAIT(\(position), \(seconds))")
        return rows.first?.first == "0"
    }

    /// Throws if changes are left that the server does not apply.
    static func refuseStopped(
        _ channel: MariaDBReplicationStatus.Channel, _ status: MariaDBReplicationStatus
    ) throws(ClientFault) {
        guard channel.mayHoldMore(than: status.applied), !channel.isApplying else { return }
        guard case .broken(let reason) = channel.link else { throw .refusal("it is not applying what it received") }
        throw .refusal("it cannot apply all that it received: \(reason)")
    }
}
