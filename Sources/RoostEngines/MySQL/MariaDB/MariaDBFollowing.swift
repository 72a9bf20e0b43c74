import RoostModel

/// Makes a MariaDB server follow another one. Every step may be repeated: a crash between two of them leaves a server
/// that the next attempt completes.
struct MariaDBFollowing: Sendable {
    let source: MariaDBSource
    let tables: UserTables

    private var plan: ServerPlan { source.plan }
    private var own: GroupPlan.Follower { source.own }
    private var delay: Int { source.delay }

    func run(_ connection: ServerConnection) throws(ClientFault) {
        // A replica's own statements must not get into its binary log: nobody else has them.
        try connection.run("SET SESSION sql_log_bin = 0")
        let status = try MariaDBReplicationStatus(connection)
        if isDone(status) { return }
        guard try connection.isReadOnly else { throw .refusal("it takes writes, and cannot follow another server") }
        if status.channel.map(isOfAnotherAccount) ?? false { return try changeAccount(status, connection) }
        try noteWhatMayBeLost(status)
        try connection.run("STOP ALL SLAVES")
        for name in status.others { try connection.run("RESET SLAVE \(SQLText.literal(name)) ALL") }
        if status.channel == nil { try setPosition(status, connection) }
        for option in MariaDBGroup.options where option.isDynamic {
            try connection.change(option.option.name, option.option.value)
        }
        // A replica that waits for acknowledgements would apply nothing. It acknowledges once it has caught up.
        try connection.run("SET GLOBAL rpl_semi_sync_master_enabled = 0, rpl_semi_sync_slave_enabled = 0")
        if plan.runsEvents { try connection.run("SET GLOBAL event_scheduler = OFF") }
        try changeSource(connection)
        // Not written to the binary log here.
        try tables.openThoseInMemory(connection)
        try connection.run("START SLAVE")
        SeedNote.remove(from: plan.folders.data)
    }

    private func isDone(_ status: MariaDBReplicationStatus) -> Bool {
        guard let channel = status.channel else { return false }
        return channel.isReceiving && channel.isApplying && channel.port == source.port && channel.user == own.name
            && channel.delay == delay
            && MariaDBSourceFile.password(in: plan.folders.data) == own.password
    }

    /// Whether the server follows the source as it should, but with another account of its own. Pure.
    func isOfAnotherAccount(_ channel: MariaDBReplicationStatus.Channel) -> Bool {
        channel.receiver == "Yes" && channel.isApplying && channel.port == source.port && channel.user != own.name
            && channel.delay == delay
    }

    /// Connects again with the account, and changes nothing else: a replica that acknowledges commits goes on doing so.
    /// Of some the replica may have the only copy, so everything received is applied before the start of the connection
    /// removes it. A replica that stays behind on purpose acknowledges nothing.
    private func changeAccount(
        _ status: MariaDBReplicationStatus, _ connection: ServerConnection
    ) throws(ClientFault) {
        if delay > 0, status.channel?.mayHoldMore(than: status.position) ?? false { _ = try source.position() }
        // Commits do not wait for an applier that is far behind: the connection goes on until it is not.
        try refuseLag(connection, within: 1)
        try connection.run("STOP SLAVE IO_THREAD")
        do throws(ClientFault) {
            try refuseLag(connection, within: 5)
            try connection.run("STOP SLAVE")
            try changeSource(connection)
        } catch {
            // With the account of before.
            try connection.run("START SLAVE")
            throw error
        }
        try connection.run("START SLAVE")
        try ReceiverWait.run { () throws(ClientFault) in
            try MariaDBReplicationStatus(connection).channel?.receiver == "Yes"
        }
    }

    private func refuseLag(_ connection: ServerConnection, within seconds: Int) throws(ClientFault) {
        if delay > 0 { return }
        guard try MariaDBDrain.isOver(connection, within: seconds) else {
            throw .refusal("it has not applied all that it received, and keeps its replication account until then")
        }
    }

    /// A start of the connection removes changes that were received and not yet applied, and of which the server may
    /// have acknowledged some. The source sends them again, if it lives: until they are here, a note tells what they may
    /// have been. Without the source they stay, because they may be the last copy of acknowledged writes.
    private func noteWhatMayBeLost(_ status: MariaDBReplicationStatus) throws(ClientFault) {
        let data = plan.folders.data
        guard let received = received(status) else { return try note(try source.position()) }
        if status.position.standing(against: received).holdsAll { return AcknowledgedNote.remove(from: data) }
        _ = try source.position()
        try note(received)
    }

    /// The position of all changes that the server may have acknowledged. Nil if it is unknown.
    private func received(_ status: MariaDBReplicationStatus) -> MariaDBPosition? {
        guard let channel = status.channel else { return MariaDBPosition() }
        var received = channel.received
        if status.isAtRest {
            let kept = RelayLogs(in: plan.folders.data, beyond: status.position)
            guard kept.isWhole else { return nil }
            received = kept.newest
        }
        switch AcknowledgedNote.read(in: plan.folders.data) {
        case .nothing: return received
        case .position(let noted): return received.merged(with: noted)
        case .unreadable: return nil
        }
    }

    private func note(_ position: MariaDBPosition) throws(ClientFault) {
        do throws(EngineError) { try AcknowledgedNote.write(position, to: plan.folders.data) } catch {
            throw .refusal("\(error)")
        }
    }

    /// A server that never followed, or was promoted, continues from the newest transactions that its data hold.
    private func setPosition(
        _ status: MariaDBReplicationStatus, _ connection: ServerConnection
    ) throws(ClientFault) {
        let note = SeedNote.position(in: plan.folders.data).flatMap { MariaDBPosition($0) } ?? MariaDBPosition()
        let position = status.position.merged(with: note)
        if position.isEmpty, try tables.exist(connection) {
            throw .refusal("its data have no replication position; replace the replica")
        }
        if status.binlog.isEmpty, !position.isEmpty {
            // A copy from an online backup has an empty log. Without the position from which it goes on, it would tell a
            // server that follows it after a promotion that older changes are missing.
            try connection.run("SET GLOBAL gtid_binlog_state = \(SQLText.literal("\(position)"))")
        }
        guard position != status.applied else { return }
        try connection.run("SET GLOBAL gtid_slave_pos = \(SQLText.literal("\(position)"))")
    }

    /// The statement holds a password: it is kept out of the server's logs. The server has no form of the statement
    /// that would keep it out of its list of sessions for the milliseconds that it takes.
    private func changeSource(_ connection: ServerConnection) throws(ClientFault) {
        try connection.run("SET SESSION sql_log_off = 1, slow_query_log = 0")
        try connection.run("CHANGE MASTER TO " + source.options.joined(separator: ", "))
    }
}

/// The file in which a replica keeps its connection's settings, one a line.
enum MariaDBSourceFile {
    static let name = "master.info"

    /// The password of the connection. Nil if none is configured.
    static func password(in directory: String) -> String? {
        guard let text = FolderEntry.text("\(directory)/\(name)", atMost: CopiedFiles.longestNote) else { return nil }
        return password(text)
    }

    /// The lines: their number, the primary's log and the position in it, host, user, password, port. Pure.
    static func password(_ text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 6 ? String(lines[5]) : nil
    }
}
