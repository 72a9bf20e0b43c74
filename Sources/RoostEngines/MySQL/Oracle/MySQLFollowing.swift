import RoostModel

/// Makes a MySQL server follow another one. Every step may be repeated: a crash between two of them leaves a server
/// that the next attempt completes.
struct MySQLFollowing: Sendable {
    let plan: ServerPlan
    let source: MySQLSource
    let tables: UserTables
    let divergences: MySQLDivergences

    func run(_ connection: ServerConnection) throws(ClientFault) {
        let status = try MySQLReplicationStatus(connection, data: plan.folders.data)
        guard status.synchronous.isLoaded else { throw MySQLGroup.notLoaded }
        let configured = try isConfigured(connection)
        if configured, isDone(status) { return }
        guard try connection.isReadOnly else { throw .refusal("it takes writes, and cannot follow another server") }
        if configured, status.channel.map(isOfAnotherAccount) ?? false { return try changeAccount(connection) }
        try connection.run("STOP REPLICA")
        for name in status.others { try connection.run("RESET REPLICA ALL FOR CHANNEL \(SQLText.literal(name))") }
        let isReceivedKept = try compare(status.channel, connection)
        try setOptions(connection)
        if !configured || !isReceivedKept {
            // Removes the relay log. The source has everything that was applied, and sends the rest again.
            try connection.run("RESET REPLICA ALL")
            try connection.run("CHANGE REPLICATION SOURCE TO " + source.options.joined(separator: ", "))
        }
        try emptyTablesInMemory(connection)
        try connection.run("SET GLOBAL super_read_only = 1")
        try connection.run(source.start())
    }

    private func isConfigured(_ connection: ServerConnection) throws(ClientFault) -> Bool {
        try connection.records("SHOW REPLICA STATUS").contains { $0["Channel_Name"] == "" && source.isConfigured($0) }
    }

    private func isDone(_ status: MySQLReplicationStatus) -> Bool {
        guard let channel = status.channel else { return false }
        return channel.isReceiving && channel.isApplying && !channel.isRefused && channel.user == source.own.name
            && divergences[plan.address] == nil
    }

    /// Whether the server follows its source, but with another account of its own. Pure.
    func isOfAnotherAccount(_ channel: MySQLReplicationStatus.Channel) -> Bool {
        channel.receiver == "Yes" && channel.isApplying && channel.user != source.own.name
            && divergences[plan.address] == nil
    }

    /// Connects again with the account, and changes nothing else: a replica that acknowledges commits goes on doing so,
    /// and a new receiver goes on after what was received. The source is asked with the account first.
    private func changeAccount(_ connection: ServerConnection) throws(ClientFault) {
        _ = try source.history()
        try connection.run("STOP REPLICA IO_THREAD")
        try connection.run(source.start(" IO_THREAD"))
        try ReceiverWait.run { () throws(ClientFault) in
            try MySQLReplicationStatus(connection, data: plan.folders.data).channel?.receiver == "Yes"
        }
    }

    /// Whether the replica's relay log is kept. Throws if its data or its relay log have what the source lacks: the
    /// source would send only what the replica lacks, and nobody would notice the rest.
    private func compare(
        _ channel: MySQLReplicationStatus.Channel?, _ connection: ServerConnection
    ) throws(ClientFault) -> Bool {
        // In this order: the source's transactions are never older than the replica's.
        let executed = try MySQLReplicationStatus.executed(connection)
        let received = channel.flatMap { $0.isReadable ? $0.retrieved : nil } ?? GTIDSet()
        let history = try source.history()
        let foreign = executed.union(received).subtracting(history.transactions)
        guard foreign.isEmpty else {
            // A new primary may not have applied all that it has received.
            guard history.isOpen else { throw .refusal("its primary has not applied all of its changes yet") }
            divergences[plan.address] = MySQLDivergence(transactions: foreign, source: source.port)
            throw .refusal(ReplicationFault.divergence)
        }
        divergences[plan.address] = nil
        guard let channel else { return false }
        return channel.isReadable
    }

    /// The server follows nobody at this moment.
    private func setOptions(_ connection: ServerConnection) throws(ClientFault) {
        for option in MySQLGroup.options { try connection.change(option.name, option.value) }
        // A replica that waits for acknowledgements would apply nothing. It acknowledges once it has caught up.
        try connection.run("SET GLOBAL rpl_semi_sync_source_enabled = 0, GLOBAL rpl_semi_sync_replica_enabled = 0")
        if plan.runsEvents { try connection.run("SET GLOBAL event_scheduler = OFF") }
    }

    /// After a start of the server, the first session that opens a table in memory makes the server write a
    /// transaction of its own, whatever the session's settings. A table that was emptied by a statement is not
    /// written about. Tables that may hold rows are left alone: something wrote to tables without transactions since
    /// the start.
    private func emptyTablesInMemory(_ connection: ServerConnection) throws(ClientFault) {
        let writes = try connection.run("SHOW GLOBAL STATUS LIKE 'Binlog\\_stmt\\_cache\\_use'")
        let statements = try tables.inMemory(connection).map { "TRUNCATE TABLE \($0.text)" }
        guard writes.first?.last == "0", !statements.isEmpty else { return }
        _ = try connection.withOwnWrites { () throws(ClientFault) in try connection.runEach(statements) }
    }
}
