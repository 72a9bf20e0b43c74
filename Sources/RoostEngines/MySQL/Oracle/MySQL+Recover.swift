import RoostModel

extension MySQL {
    /// Brings the image of a server that ran to where its binary log says it was, before that log is taken away.
    ///
    /// What is acknowledged is prepared in the tables and committed by the binary log; the tables follow a moment later.
    /// A server that starts without the log leaves such transactions as they are: rows that somebody had been told of were
    /// missing from 9 of 25 images of a server with six writers. `tc_heuristic_recover` is of no use: MySQL reads it where
    /// a second engine takes part in transactions (`TC_LOG_MMAP::open` in its source). So the server is started once with the
    /// log, for about as long as its recovery takes, and told to end as soon as it is through.
    func recover(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let log = BinaryLog.newest(in: directory), log.isInUse else { return }
        try await runOnce(
            on: directory, "SHUTDOWN;\n",
            options: [
                "--pid-file=\(directory)/recovery.pid", "--server-id=1",
                "--log-bin=binlog", "--log-bin-index=binlog.index", "--binlog-expire-logs-auto-purge=OFF",
                "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
                // It reaches nobody, and nobody reaches it.
                "--skip-networking", "--socket=", "--secure-file-priv=NULL", "--skip-replica-start",
                "--relay-log=relay", "--relay-log-index=relay.index", "--event-scheduler=OFF",
                // What the clone's own start does anyway is left to it.
                "--upgrade=MINIMAL", "--performance-schema=OFF", "--innodb-fast-shutdown=2",
            ], build: build, user: user, patience: .seconds(3600))
        if BinaryLog.newest(in: directory)?.isInUse ?? false {
            throw .copyFailed("its server did not end its recovery: \(log.path) is still in use")
        }
    }
}
