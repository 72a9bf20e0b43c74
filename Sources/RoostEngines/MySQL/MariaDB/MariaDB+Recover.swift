import RoostModel

extension MariaDB {
    private static let unusedLog = "heuristic_recovery.log"

    /// Commits prepared transactions in the snapshot of a running server, before the binary log is removed, if this
    /// version cannot do so in the copy's own start. Costs one start of a server without clients.
    func recover(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard !MariaDBCopies.recoversWhileStarting(build.identity.version) else { return }
        // A server that ended cleanly leaves no prepared transactions, and a server without a binary log prepares
        // none.
        guard let log = BinaryLog.newest(in: directory), log.isInUse else { return }
        guard let server = build.programs["mariadbd"] else { throw .programMissing("mariadbd") }
        // The server reads this file after its recovery, and then ends.
        let statements = try StatementFolder("SHUTDOWN;\n", readableBy: user)
        defer { statements.remove() }
        let places = MariaDBConfiguration.places(of: build).map { "--\($0.name)=\($0.value)" }
        let outcome = try await ShortCommand(
            program: server,
            arguments: ["--no-defaults"] + places + [
                "--datadir=\(directory)", "--tmpdir=\(directory)", "--pid-file=\(directory)/recovery.pid",
                "--tc-heuristic-recover=COMMIT", "--init-file=\(statements.file)",
                // The server ends before it would execute the log of unfinished ALTER, CREATE and DROP statements,
                // and removes that log at its end: tables would remain half made. With another file name the start
                // that serves finds the log unchanged.
                "--log-ddl-recovery=\(Self.unusedLog)",
                // The server is isolated: no network, no socket, no replication.
                "--skip-networking", "--socket=", "--skip-slave-start", "--skip-log-bin", "--event-scheduler=OFF",
                "--relay-log=relay", "--relay-log-index=relay.index", "--performance-schema=OFF",
                "--innodb-buffer-pool-load-at-startup=OFF", "--innodb-buffer-pool-dump-at-shutdown=OFF",
                "--innodb-fast-shutdown=2", "--log-warnings=1",
            ], user: user, patience: .seconds(3600)
        ).run()
        if let fault = MariaDBRecovery.fault(outcome.output + outcome.errors, succeeded: outcome.succeeded) {
            throw .copyFailed("its server did not finish its recovery: \(outcome.ending): \(fault)")
        }
    }
}

/// Interprets the output of a start that only recovers. Pure.
enum MariaDBRecovery {
    /// The error, if it is not proven that everything prepared is committed. Nil if it is.
    ///
    /// Current versions end with an error, because they must not serve; the sentence before that error reports
    /// success.
    static func fault(_ words: String, succeeded: Bool) -> String? {
        let lines = words.split(whereSeparator: \.isNewline)
        if lines.contains(where: { $0.contains("Heuristic crash recovery failed") }) {
            return "heuristic crash recovery failed"
        }
        if succeeded || lines.contains(where: { $0.contains("Please restart without --tc-heuristic-recover") }) {
            return nil
        }
        let errors = lines.filter { $0.contains("[ERROR]") }
        return (errors.isEmpty ? lines : errors).suffix(5).joined(separator: "; ")
    }
}
