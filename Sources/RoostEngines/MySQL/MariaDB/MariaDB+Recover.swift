import RoostModel

extension MariaDB {
    private static let unusedLog = "heuristic_recovery.log"

    /// Commits what is prepared in the image of a server that ran, before the binary log is taken away, where the version
    /// does not do it within the start of the copy. Costs a start that serves nobody.
    func recover(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard !MariaDBCopies.recoversWhileStarting(build.identity.version) else { return }
        // A server that ended cleanly leaves nothing prepared, and one without a binary log prepares nothing.
        guard let log = BinaryLog.newest(in: directory), log.isInUse else { return }
        guard let server = build.programs["mariadbd"] else { throw .programMissing("mariadbd") }
        // Read where the server goes on after its recovery: then it is told to end.
        let statements = try StatementFolder("SHUTDOWN;\n", readableBy: user)
        defer { statements.remove() }
        let places = MariaDBConfiguration.places(of: build).map { "--\($0.name)=\($0.value)" }
        let outcome = try await ShortCommand(
            program: server,
            arguments: ["--no-defaults"] + places + [
                "--datadir=\(directory)", "--tmpdir=\(directory)", "--pid-file=\(directory)/recovery.pid",
                "--tc-heuristic-recover=COMMIT", "--init-file=\(statements.file)",
                // This start ends before it would carry out the log of unfinished ALTER, CREATE and DROP statements, and removes
                // that log at its end: tables would stay half made. The start that serves finds it as it was.
                "--log-ddl-recovery=\(Self.unusedLog)",
                // It reaches nobody, and nobody reaches it.
                "--skip-networking", "--socket=", "--skip-slave-start", "--skip-log-bin", "--event-scheduler=OFF",
                "--relay-log=relay", "--relay-log-index=relay.index", "--performance-schema=OFF",
                "--innodb-buffer-pool-load-at-startup=OFF", "--innodb-buffer-pool-dump-at-shutdown=OFF",
                "--innodb-fast-shutdown=2", "--log-warnings=1",
            ], user: user, patience: .seconds(3600)
        ).run()
        if let fault = MariaDBRecovery.fault(outcome.output + outcome.errors, succeeded: outcome.succeeded) {
            throw .copyFailed("its server did not end its recovery: \(outcome.ending): \(fault)")
        }
    }
}

/// What a start that only recovers says. Pure.
enum MariaDBRecovery {
    /// Why nothing is proven of the directory; nil: everything prepared is committed.
    ///
    /// The server of today ends with an error, because it must not serve; the sentence before that error is its success.
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
