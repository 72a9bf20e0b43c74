import RoostModel

extension MySQL {
    /// Recovers the snapshot of a running server to the state of its binary log, before that log is removed.
    ///
    /// Acknowledged transactions are prepared in the tables and committed by the binary log; the tables follow a
    /// moment later. A server that starts without the log leaves such transactions prepared: acknowledged rows were
    /// missing from 9 of 25 snapshots of a server with six writers. `tc_heuristic_recover` does not help: MySQL reads
    /// it only if a second engine takes part in transactions (`TC_LOG_MMAP::open` in its source). So the server is
    /// started once with the log, for about the time of its recovery, and told to end after it.
    func recover(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let log = BinaryLog.newest(in: directory), log.isInUse else { return }
        try await runOnce(
            on: directory, "SHUTDOWN;\n",
            options: [
                "--pid-file=\(directory)/recovery.pid", "--server-id=1",
                "--log-bin=binlog", "--log-bin-index=binlog.index", "--binlog-expire-logs-auto-purge=OFF",
                "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
                // The server is isolated: no network, no socket, no replication.
                "--skip-networking", "--socket=", "--secure-file-priv=NULL", "--skip-replica-start",
                "--relay-log=relay", "--relay-log-index=relay.index", "--event-scheduler=OFF",
                // The clone's own start does the rest, such as the upgrade.
                "--upgrade=MINIMAL", "--performance-schema=OFF", "--innodb-fast-shutdown=2",
            ], build: build, user: user, patience: .seconds(3600))
        if BinaryLog.newest(in: directory)?.isInUse ?? false {
            throw .copyFailed("its server did not finish its recovery: \(log.path) is still in use")
        }
    }
}
