import Foundation
import RoostModel

extension MariaDB {
    /// Copies the data with the engine's online backup, and prepares the copy so that a server can start on it.
    package func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String? {
        guard let program = try await backupProgram(build) else { return nil }
        let folder = target[..<(target.lastIndex(of: "/") ?? target.startIndex)]
        // Ends with the copy.
        async let _: Void = endCopyIfCommitsStall(plan.address)
        try await copy(
            program,
            [
                "--no-defaults", "--backup", "--target-dir=\(target)", "--datadir=\(plan.folders.data)",
                "--socket=\(plan.folders.socket)", "--user=\(SystemAccounts.administrator)", "--tmpdir=\(folder)",
                // At the end, commits wait until the program has read the log, which it checks once a second by
                // default.
                "--log-copy-interval=20",
            ],
            password: plan.administrationPassword, user)
        try await copy(program, ["--no-defaults", "--prepare", "--target-dir=\(target)"], password: nil, user)
        if let position = position(in: target) {
            try SeedNote.write("\(position)", to: target, owner: user)
        }
        try removeNotes(from: target)
        try CopiedFiles.carry(Self.versionNotes, from: plan.folders.data, to: target, owner: user)
        return "mariadb-backup"
    }

    /// The program's last stage waits for the commits under way, and lets none begin. Commits that wait for a replica which
    /// has them already are released by the acknowledgement of a later transaction (`MariaDBSynchronous`), which could not
    /// begin: nothing would ever move. So the stage is ended, the program fails, and the copy can be made later.
    private func endCopyIfCommitsStall(_ server: ServerAddress) async {
        var stalled: (at: Position?, since: ContinuousClock.Instant)?
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            guard let report = try? await replicationReport(server), report.waitingCommits ?? 0 > 0 else {
                stalled = nil
                continue
            }
            guard let known = stalled, known.at == report.applied else {
                stalled = (report.applied, .now)
                continue
            }
            guard known.since.duration(to: .now) > Self.stallPatience else { continue }
            // A failed attempt is repeated.
            try? await administration.administer(server) { connection throws(ClientFault) in
                let stages = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'BACKUP STAGE%'"
                for id in try connection.run(stages).compactMap({ $0.first.flatMap(\.self) }) {
                    try connection.run("KILL \(id)")
                }
            }
        }
    }

    /// Time without any commit after which those that wait count as stalled.
    private static let stallPatience: Duration = .seconds(3)

    /// The build's own program, or the host's if it is of the same series: the program reads the server's files.
    private func backupProgram(_ build: EngineBuild) async throws(EngineError) -> String? {
        if let own = build.programs["mariadb-backup"] { return own }
        let machine = "/usr/bin/mariadb-backup"
        guard FileManager.default.isExecutableFile(atPath: machine) else { return nil }
        let words = try await ShortCommand(program: machine, arguments: ["--version"], patience: .seconds(10)).run()
        // `… based on MariaDB server 10.11.19-MariaDB debian-linux-gnu (x86_64)`
        let series = build.identity.version.components.prefix(2).map(String.init).joined(separator: ".")
        return (words.output + words.errors).contains(" server \(series).") ? machine : nil
    }

    private func copy(
        _ program: String, _ arguments: [String], password: String?, _ user: ServerUser?
    ) async throws(EngineError) {
        var environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        // Environment variables are visible to the server's user and root alone, who have the account anyway;
        // arguments are visible to everybody.
        if let password { environment["MYSQL_PWD"] = password }
        let outcome = try await ShortCommand(
            program: program, arguments: arguments, environment: environment, user: user, patience: .seconds(6 * 3600)
        ).run()
        guard outcome.succeeded else {
            let words = outcome.errors.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
            throw .copyFailed("\(program) ended with \(outcome.ending): \(words)")
        }
    }

    /// The position of the copy, as the program notes it: file, offset, and newest transactions, between tabs.
    private func position(in directory: String) -> MariaDBPosition? {
        for name in ["mariadb_backup_binlog_info", "xtrabackup_binlog_info"] {
            guard let text = FolderEntry.text("\(directory)/\(name)", atMost: CopiedFiles.longestNote) else { continue }
            return text.split(whereSeparator: { $0 == "\t" || $0.isNewline }).dropFirst(2).first
                .flatMap { MariaDBPosition(String($0)) }
        }
        return nil
    }

    /// Removes the files that the program leaves beside the data.
    private func removeNotes(from directory: String) throws(EngineError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where name.hasPrefix("xtrabackup_") || name.hasPrefix("mariadb_backup_") || name == "backup-my.cnf" {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .copyFailed("\(directory) could not be cleaned up: \(error)")
        }
    }
}
