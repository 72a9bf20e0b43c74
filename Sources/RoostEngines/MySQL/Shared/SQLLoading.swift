import RoostModel

/// How the family's client program is given a dump or a script.
struct SQLLoading {
    let program: String
    let plan: ServerPlan
    let build: EngineBuild
    let user: ServerUser?

    /// Statements go to the server as they are: `--binary-mode` leaves the program's own commands, which could run others
    /// of the machine, to whoever types them.
    private var client: ShortCommand {
        ShortCommand(
            program: program,
            arguments: [
                "--no-defaults", "--socket=\(plan.folders.socket)", "--user=\(SystemAccounts.administrator)", "--batch",
                "--binary-mode", "--default-character-set=utf8mb4", "--max-allowed-packet=1G",
            ] + (plan.databases.first.map { ["--database=\($0)"] } ?? []),
            environment: [
                "LC_ALL": "C", "PATH": (build.programFolders + ["/usr/bin", "/bin"]).joined(separator: ":"),
                // Seen by the server's own user and root alone, who have the account anyway; arguments are seen by all.
                "MYSQL_PWD": plan.administrationPassword,
            ], user: user, patience: .seconds(60))
    }

    func load(
        _ dump: Dump, edit: DumpEdit?, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) {
        let source = try DumpSource(dump, user: user)
        defer { source.close() }
        try await DumpLoading(
            source: source, dialect: .mysql, client: client, edit: edit, complaint: Self.complaint, progress: progress
        ).run()
    }

    /// `ERROR 1146 (42S02) at line 12: Table 'data.x' doesn't exist`
    static func complaint(_ errors: String) -> (line: Int?, message: String)? {
        for line in errors.split(whereSeparator: \.isNewline).reversed() {
            if let match = line.wholeMatch(of: /ERROR ([0-9]+ \([0-9A-Z]+\)) at line ([0-9]+): (.*)/) {
                return (Int(match.2), "\(match.3) (error \(match.1))")
            }
            if let match = line.wholeMatch(of: /ERROR( [0-9]+( \([0-9A-Z]+\))?)?( at line ([0-9]+))?: (.*)/) {
                return (match.4.flatMap { Int($0) }, String(match.5))
            }
        }
        return nil
    }
}
