import RoostModel

/// Makes a replica a server of its own once it has applied all that it received. The server stays read-only.
struct MySQLPromotion: Sendable {
    /// Limit of the wait for the applier, below the timeout of an administration's answer.
    private static let patience: Duration = .seconds(30)

    let fence: Fence
    /// The server's data directory.
    let data: String

    /// A replica that was restarted still has what it had received, and applies it without its primary.
    func run(_ connection: ServerConnection) throws(ClientFault) {
        let status = try MySQLReplicationStatus(connection, data: data)
        guard let channel = status.channel else { return }
        guard channel.isReadable else {
            throw .refusal("it is not known what it has received; it has to follow its primary first")
        }
        if channel.holdsMore(than: status.executed), case .broken(let reason) = channel.link, !channel.isApplying {
            throw .refusal("it cannot apply all that it received: \(reason)")
        }
        try fence.endSessions(connection)
        try connection.run("STOP REPLICA IO_THREAD")
        try drain(connection)
        try connection.run("STOP REPLICA")
        try connection.run("RESET REPLICA ALL")
        if status.synchronous.isLoaded { try connection.run("SET GLOBAL rpl_semi_sync_replica_enabled = 0") }
    }

    /// Users may sign on while the applier works, and lock what it needs.
    private func drain(_ connection: ServerConnection) throws(ClientFault) {
        let status = try MySQLReplicationStatus(connection, data: data)
        guard let channel = status.channel, channel.holdsMore(than: status.executed) else { return }
        if !channel.isApplying { try connection.run("START REPLICA SQL_THREAD") }
        let received = SQLText.literal("\(channel.retrieved)")
        let deadline = ContinuousClock.now + Self.patience
        while try connection.run("SELECT WAIT_FOR_EXECUTED_GTID_SET(\(received), 1)").first?.first != "0" {
            let now = try MySQLReplicationStatus(connection, data: data).channel
            if let now, !now.isApplying, case .broken(let reason) = now.link {
                throw .refusal("it cannot apply all that it received: \(reason)")
            }
            guard ContinuousClock.now < deadline else {
                throw .refusal("it has not applied all that it received within \(Self.patience)")
            }
            try fence.endSessions(connection)
        }
    }
}
