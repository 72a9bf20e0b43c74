import RoostModel

/// A MariaDB server's answers about replication, and the report that they make. Pure, except for `init(_:)`.
struct MariaDBReplicationStatus {
    /// The connection to a primary, a row of `SHOW ALL SLAVES STATUS`. Nil if none is configured.
    var channel: Channel?
    /// Names of connections besides the usual one, which Roost never makes.
    var others: [String] = []
    /// The newest transactions in the server's own binary log.
    var binlog = MariaDBPosition()
    /// The newest transactions that were applied as a replica.
    var applied = MariaDBPosition()
    var synchronous = Synchronous()
    var receivers: [UInt32] = []
    /// Relay logs of a server that was restarted and does not follow yet.
    var kept: RelayLogs?
    /// See `AcknowledgedNote`.
    var acknowledged = AcknowledgedNote.Content.nothing

    /// State of the semi-synchronous plugins' switches.
    struct Synchronous: Equatable {
        /// Commits wait, and do so as Roost sets it: for as long as it takes, before others see them.
        var waits = false
        /// Commits that wait at this moment.
        var waiting = 0
        /// Replicas that acknowledge.
        var clients = 0
        /// The replica was told to acknowledge. Comes into force when its I/O thread starts.
        var isEnabled = false
        /// The replica acknowledges.
        var acknowledges = false
    }

    /// The position of the data: a seeded server and a former primary have the newest transactions in the binary log
    /// alone, a copy from an online backup has them in the position of the replica alone.
    var position: MariaDBPosition { binlog.merged(with: applied) }

    // MARK: Report

    var report: ReplicationReport {
        guard let channel else {
            return ReplicationReport(
                role: .primary, received: .mariadb(position), applied: .mariadb(position),
                isSynchronous: synchronous.waits,
                waitingCommits: synchronous.clients > 0 ? synchronous.waiting : 0, receivers: receivers)
        }
        let received = received(channel)
        return ReplicationReport(
            role: .replica, link: channel.link, source: channel.isFollowing ? channel.port : nil,
            received: received.map(Position.mariadb), mayHaveAcknowledged: mayHaveAcknowledged(received),
            applied: .mariadb(position),
            secondsBehind: channel.link != .up ? nil : received == position ? 0 : channel.secondsBehind,
            delaySeconds: channel.delay == 0 ? nil : channel.delay, isSynchronous: synchronous.acknowledges,
            heard: channel.heard, account: channel.user.isEmpty ? nil : channel.user)
    }

    /// Whether the server was restarted and does not follow yet. It then shows no received position.
    var isAtRest: Bool { channel.map { $0.received.isEmpty && !$0.isReceiving } ?? false }

    /// The position of the received changes. Nil if it is unknown. The numbers of a server that has diverged do not tell how
    /// its data relate to another's. Of an applied and a received transaction with one number, the applied one counts.
    private func received(_ channel: Channel) -> MariaDBPosition? {
        guard !channel.applierFault.provesDivergence, !channel.receiverFault.provesDivergence else { return nil }
        guard acknowledged != .unreadable else { return nil }
        if let kept, !position.isEmpty { return position.merged(with: kept.newest) }
        guard !channel.received.isEmpty || (position.isEmpty && channel.link == .up) else { return nil }
        return position.merged(with: channel.received)
    }

    private func mayHaveAcknowledged(_ received: MariaDBPosition?) -> Position? {
        let held = received ?? position
        if let kept, !kept.isWhole { return .mariadb(held.unbounded) }
        guard case .position(let noted) = acknowledged, !acknowledged.isHeld(by: held) else { return nil }
        return .mariadb(noted)
    }
}

extension MariaDBReplicationStatus {
    struct Channel: Equatable {
        var user = ""
        var port: PortNumber?
        /// `Yes`, `No`, `Connecting`, `Preparing`
        var receiver = "No"
        var applier = "No"
        var receiverFault = ReplicationFault(code: 0, message: "")
        var applierFault = ReplicationFault(code: 0, message: "")
        /// Empty after a start of the server, until the connection is started.
        var received = MariaDBPosition()
        var secondsBehind: Double?
        /// Seconds between a commit on the primary and here, on purpose.
        var delay = 0
        /// Signs of life that the primary sent, and what it sent besides. Empty without a connection.
        var heard = ""

        var isReceiving: Bool { receiver != "No" }
        var isApplying: Bool { applier == "Yes" }

        /// Whether the server keeps to its source without further orders. A server that has just booted does not: its
        /// connection is configured, and stopped.
        var isFollowing: Bool { isBroken || (isReceiving && isApplying) }

        /// Whether changes may have been received that were not applied yet.
        func mayHoldMore(than applied: MariaDBPosition) -> Bool {
            received.isEmpty || !applied.standing(against: received).holdsAll
        }

        private var isBroken: Bool {
            (!isApplying && applierFault.code != 0) || (!isReceiving && receiverFault.isLasting)
        }

        var link: ReplicationReport.Link {
            if !isApplying, applierFault.code != 0 { return .broken(reason: applierFault.applierReason) }
            if !isReceiving, receiverFault.isLasting { return .broken(reason: receiverFault.receiverReason) }
            guard isFollowing else { return .none }
            return receiver == "Yes" ? .up : .connecting(reason: receiverFault.receiverReason)
        }

        init() {}

        init(_ row: [String: String]) {
            user = row["Master_User"] ?? ""
            port = row["Master_Port"].flatMap { Int($0) }.flatMap { PortNumber($0) }
            receiver = row["Slave_IO_Running"] ?? "No"
            applier = row["Slave_SQL_Running"] ?? "No"
            receiverFault = ReplicationFault(row["Last_IO_Errno"], row["Last_IO_Error"])
            applierFault = ReplicationFault(row["Last_SQL_Errno"], row["Last_SQL_Error"])
            received = row["Gtid_IO_Pos"].flatMap { MariaDBPosition($0) } ?? MariaDBPosition()
            secondsBehind = row["Seconds_Behind_Master"].flatMap { Double($0) }
            delay = row["SQL_Delay"].flatMap { Int($0) } ?? 0
            if receiver == "Yes" {
                heard = ["Slave_received_heartbeats", "Master_Log_File", "Read_Master_Log_Pos", "Gtid_IO_Pos"]
                    .map { row[$0] ?? "" }.joined(separator: " ")
            }
        }
    }
}

// MARK: Asking

extension MariaDBReplicationStatus {
    /// Wait of a commit for its acknowledgement: a hundred years, in milliseconds. The server would go on without it
    /// after that time.
    static let patience: Int64 = 3_153_600_000_000

    private static let facts = """
        SELECT @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied, \
        @@global.rpl_semi_sync_master_enabled AND @@global.rpl_semi_sync_master_wait_no_slave \
        AND @@global.rpl_semi_sync_master_wait_point = 'AFTER_SYNC' \
        AND @@global.rpl_semi_sync_master_timeout >= \(patience) AS waits, \
        @@global.rpl_semi_sync_slave_enabled AS enabled
        """

    /// The position of a server's data.
    static func position(_ connection: ServerConnection) throws(ClientFault) -> MariaDBPosition {
        let rows = try connection.run("SELECT @@global.gtid_binlog_pos, @@global.gtid_slave_pos")
        let positions = (rows.first ?? []).compactMap { $0.flatMap { MariaDBPosition($0) } }
        guard positions.count == 2 else { throw .refusal("its position has another form") }
        return positions[0].merged(with: positions[1])
    }

    init(_ connection: ServerConnection) throws(ClientFault) {
        // In this order: what was received is never older than what was applied.
        let facts = try connection.records(Self.facts).first ?? [:]
        binlog = facts["binlog"].flatMap { MariaDBPosition($0) } ?? MariaDBPosition()
        applied = facts["applied"].flatMap { MariaDBPosition($0) } ?? MariaDBPosition()
        let rows = try connection.records("SHOW ALL SLAVES STATUS")
        channel = rows.first { $0["Connection_name"] == "" }.map(Channel.init)
        others = rows.compactMap { $0["Connection_name"] }.filter { !$0.isEmpty }
        let states = try connection.run("SHOW GLOBAL STATUS LIKE 'Rpl\\_semi\\_sync\\_%'")
        synchronous = Synchronous(facts, states)
        if channel == nil {
            receivers = try connection.records("SHOW SLAVE HOSTS").compactMap { $0["Server_id"].flatMap { UInt32($0) } }
        }
    }
}

extension MariaDBReplicationStatus.Synchronous {
    /// `states`: rows of a name and a value.
    init(_ facts: [String: String], _ states: [[String?]]) {
        let values = states.reduce(into: [String: String]()) { values, row in
            guard row.count == 2, let name = row[0], let value = row[1] else { return }
            values[name.lowercased()] = value
        }
        waits = facts["waits"] == "1" && values["rpl_semi_sync_master_status"] == "ON"
        waiting = values["rpl_semi_sync_master_wait_sessions"].flatMap { Int($0) } ?? 0
        clients = values["rpl_semi_sync_master_clients"].flatMap { Int($0) } ?? 0
        isEnabled = facts["enabled"] == "1"
        acknowledges = values["rpl_semi_sync_slave_status"] == "ON"
    }
}
