import RoostModel

/// A MySQL server's answers about replication, and the report that they make. Pure, except for `init(_:)`.
struct MySQLReplicationStatus {
    /// The connection to a primary, a row of `SHOW REPLICA STATUS`. Nil if none is configured.
    var channel: Channel?
    /// Names of connections besides the usual one, which Roost never makes.
    var others: [String] = []
    /// Every transaction that the data hold.
    var executed = GTIDSet()
    /// Transactions in progress. On a primary they include those in the binary log whose commit waits.
    var owned = GTIDSet()
    var synchronous = Synchronous()
    var receivers: [UInt32] = []

    /// State of the semi-synchronous plugins' switches.
    struct Synchronous: Equatable {
        var isLoaded = false
        /// Commits wait, and do so as Roost sets it: for as long as it takes, before others see them.
        var waits = false
        /// Commits that wait at this moment. One may stand for several, which queue behind it.
        var waiting = 0
        /// Replicas that acknowledge.
        var clients = 0
        /// The replica was told to acknowledge. Comes into force when its receiver connects.
        var isEnabled = false
        /// The replica acknowledges.
        var acknowledges = false
    }

    // MARK: Report

    /// `divergence`: what `follow` found about the server's data last.
    func report(_ divergence: MySQLDivergence?) -> ReplicationReport {
        if let divergence, divergence.isOf(executed.union(channel?.retrieved ?? GTIDSet())) {
            return ReplicationReport(
                role: .replica, link: .broken(reason: ReplicationFault.divergence), source: divergence.source,
                applied: .mysql(executed), isSynchronous: false)
        }
        guard let channel else {
            let position = Position.mysql(executed.union(owned))
            return ReplicationReport(
                role: .primary, received: position, applied: position, isSynchronous: synchronous.waits,
                waitingCommits: synchronous.clients > 0 ? synchronous.waiting : 0, receivers: receivers)
        }
        let received = channel.isReadable ? executed.union(channel.retrieved) : nil
        return ReplicationReport(
            role: .replica, link: channel.link, source: channel.isFollowing ? channel.port : nil,
            received: received.map(Position.mysql), applied: .mysql(executed),
            secondsBehind: channel.link != .up ? nil : received == executed ? 0 : channel.secondsBehind,
            delaySeconds: channel.delay == 0 ? nil : channel.delay, isSynchronous: synchronous.acknowledges,
            heard: channel.heard, account: channel.user.isEmpty ? nil : channel.user)
    }
}

extension MySQLReplicationStatus {
    struct Channel: Equatable {
        /// The account of the receiver that runs. Empty if none does.
        var user = ""
        var port: PortNumber?
        /// `Yes`, `No`, `Connecting`
        var receiver = "No"
        var applier = "No"
        var receiverFault = ReplicationFault(code: 0, message: "")
        var applierFault = ReplicationFault(code: 0, message: "")
        /// Whole transactions in the relay log. The server reads the log at its start: a restart forgets none.
        var retrieved = GTIDSet()
        /// Whether the server found its relay log. It finds none in a directory that was prepared for a replica.
        var hasRelayLog = true
        var secondsBehind: Double?
        /// Seconds between a commit on the source and here, on purpose.
        var delay = 0
        /// Signs of life that the source sent, and what it sent besides. Empty without a connection.
        var heard = ""

        var isReceiving: Bool { receiver != "No" }
        var isApplying: Bool { applier == "Yes" }

        /// Whether the server keeps to its source without further orders. A server that has just booted does not: its
        /// connection is configured, and stopped. One that the source refuses may have an old password.
        var isFollowing: Bool { isBroken || (isReceiving && isApplying && !isRefused) }

        /// Whether the source refuses the receiver's account.
        var isRefused: Bool { receiver == "Connecting" && receiverFault.isRefusal }

        /// Whether changes may have been received that were not applied yet.
        func holdsMore(than executed: GTIDSet) -> Bool { !retrieved.subtracting(executed).isEmpty }

        /// Whether what was received is known, and belongs to the history of the source.
        var isReadable: Bool {
            hasRelayLog && !applierFault.provesDivergence && !receiverFault.provesDivergence
        }

        private var isBroken: Bool {
            (!isApplying && applierFault.code != 0) || (!isReceiving && receiverFault.isLasting)
        }

        var link: ReplicationReport.Link {
            if !isApplying, applierFault.code != 0 { return .broken(reason: applierFault.applierReason) }
            if !isReceiving, receiverFault.isLasting { return .broken(reason: receiverFault.receiverReason) }
            guard isReceiving, isApplying else { return .none }
            return receiver == "Yes" ? .up : .connecting(reason: receiverFault.receiverReason)
        }

        init() {}

        init(_ row: [String: String]) {
            user = row["Source_User"] ?? ""
            port = row["Source_Port"].flatMap { Int($0) }.flatMap { PortNumber($0) }
            receiver = row["Replica_IO_Running"] ?? "No"
            applier = row["Replica_SQL_Running"] ?? "No"
            receiverFault = ReplicationFault(row["Last_IO_Errno"], row["Last_IO_Error"])
            applierFault = ReplicationFault(row["Last_SQL_Errno"], row["Last_SQL_Error"])
            retrieved = row["Retrieved_Gtid_Set"].flatMap { GTIDSet($0) } ?? GTIDSet()
            secondsBehind = row["Seconds_Behind_Source"].flatMap { Double($0) }
            delay = row["SQL_Delay"].flatMap { Int($0) } ?? 0
            if receiver == "Yes" {
                heard = ["Source_Log_File", "Read_Source_Log_Pos", "Retrieved_Gtid_Set"].map { row[$0] ?? "" }
                    .joined(separator: " ")
            }
        }
    }
}

// MARK: Asking

extension MySQLReplicationStatus {
    /// `data`: the server's data directory.
    init(_ connection: ServerConnection, data: String) throws(ClientFault) {
        // In this order: a transaction leaves the first set when it enters the second, and what was received is never
        // older than what was applied.
        owned = try Self.owned(connection)
        executed = try Self.executed(connection)
        let rows = try connection.records("SHOW REPLICA STATUS")
        channel = rows.first { $0["Channel_Name"] == "" }.map { row in
            var channel = Channel(row)
            channel.hasRelayLog = FolderEntry.exists("\(data)/\(row["Relay_Log_File"] ?? "")", isFolder: false)
            return channel
        }
        if let heard = channel?.heard, !heard.isEmpty { channel?.heard += " \(try Self.heartbeats(connection))" }
        others = rows.compactMap { $0["Channel_Name"] }.filter { !$0.isEmpty }
        if let fault = channel?.applierFault, fault.code != 0 {
            channel?.applierFault = try Self.workersFault(connection) ?? fault
        }
        synchronous = Synchronous(
            try connection.run("SHOW GLOBAL VARIABLES LIKE 'rpl\\_semi\\_sync\\_%'")
                + connection.run("SHOW GLOBAL STATUS LIKE 'Rpl\\_semi\\_sync\\_%'"))
        if channel == nil {
            receivers = try connection.records("SHOW REPLICAS").compactMap { $0["Server_Id"].flatMap { UInt32($0) } }
        }
    }

    static func executed(_ connection: ServerConnection) throws(ClientFault) -> GTIDSet {
        let text = try connection.run("SELECT @@global.gtid_executed").first?.first.flatMap(\.self)
        guard let set = GTIDSet(text ?? "") else { throw .refusal("its executed transactions cannot be read") }
        return set
    }

    static func owned(_ connection: ServerConnection) throws(ClientFault) -> GTIDSet {
        let text = try connection.run("SELECT @@global.gtid_owned").first?.first.flatMap(\.self)
        guard let set = owned(text ?? "") else { throw .refusal("its transactions in progress cannot be read") }
        return set
    }

    /// Reads the server's text, in which the session follows each transaction: `UUID:34#18:33#17`. Pure.
    static func owned(_ text: String) -> GTIDSet? { GTIDSet(text.replacing(/#\d+/, with: "")) }

    /// The number of signs of life that an idle source sent.
    private static func heartbeats(_ connection: ServerConnection) throws(ClientFault) -> String {
        let rows = try connection.run(
            "SELECT COUNT_RECEIVED_HEARTBEATS FROM performance_schema.replication_connection_status "
                + "WHERE CHANNEL_NAME = ''")
        return rows.first?.first.flatMap(\.self) ?? ""
    }

    /// The error of the worker that failed first. The applier's own error names only the worker.
    private static func workersFault(_ connection: ServerConnection) throws(ClientFault) -> ReplicationFault? {
        let rows = try connection.run(
            "SELECT LAST_ERROR_NUMBER, LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_worker "
                + "WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0 ORDER BY LAST_ERROR_TIMESTAMP LIMIT 1")
        return rows.first.map { ReplicationFault($0[0], $0[1]) }
    }
}

extension MySQLReplicationStatus.Synchronous {
    /// Rows of a name and a value: variables and states.
    init(_ rows: [[String?]]) {
        let values = rows.reduce(into: [String: String]()) { values, row in
            guard row.count == 2, let name = row[0], let value = row[1] else { return }
            values[name.lowercased()] = value
        }
        func isOn(_ name: String) -> Bool { values[name] == "ON" }
        isLoaded = values["rpl_semi_sync_source_enabled"] != nil && values["rpl_semi_sync_replica_enabled"] != nil
        waits =
            isOn("rpl_semi_sync_source_enabled") && isOn("rpl_semi_sync_source_status")
            && isOn("rpl_semi_sync_source_wait_no_replica")
            && values["rpl_semi_sync_source_wait_point"] == "AFTER_SYNC"
            && values["rpl_semi_sync_source_timeout"].flatMap { Int64($0) } ?? 0 >= MySQLGroup.patience
        waiting = values["rpl_semi_sync_source_wait_sessions"].flatMap { Int($0) } ?? 0
        clients = values["rpl_semi_sync_source_clients"].flatMap { Int($0) } ?? 0
        isEnabled = isOn("rpl_semi_sync_replica_enabled")
        acknowledges = isOn("rpl_semi_sync_replica_status")
    }
}
