import RoostModel

extension MariaDB {
    /// Every version can upgrade the data of every older version ("Upgrading Between Major MariaDB Versions":
    /// intermediate versions may be skipped).
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        guard new < old else { return nil }
        return "a downgrade to \(new) is not possible in place; create a new service and import a dump"
    }

    /// Upgrades the system tables to the server's version. User tables are upgraded when they are next altered.
    package func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError) {
        guard let program = build.programs["mariadb-upgrade"] else { throw .programMissing("mariadb-upgrade") }
        let command = ShortCommand(
            program: program,
            arguments: [
                "--no-defaults", "--socket=\(plan.folders.socket)", "--user=\(SystemAccounts.administrator)",
                "--upgrade-system-tables", "--skip-write-binlog",
            ],
            environment: [
                "LC_ALL": "C", "PATH": (build.programFolders + ["/usr/bin", "/bin"]).joined(separator: ":"),
                // Environment variables are visible to the server's user and root alone, who have the account anyway;
                // arguments are visible to everybody.
                "MYSQL_PWD": plan.administrationPassword,
            ],
            // The program notes the version in the data directory, so it runs as the server's user.
            user: user, patience: .seconds(600))
        let outcome = try await command.run()
        guard outcome.succeeded else {
            let words = (outcome.output + outcome.errors).split(whereSeparator: \.isNewline).suffix(5)
            throw .initialisationFailed(
                "\(program) ended with \(outcome.ending): \(words.joined(separator: "; "))")
        }
    }
}
