import RoostModel

/// Client commands for MariaDB and MySQL, authenticated by an option file. Pure.
struct ClientPrograms {
    let request: ClientRequest
    /// The program that runs if the request names none.
    let fallback: String
    /// Folders with the build's own programs.
    let path: [String]
    /// Options with which a program verifies the server's certificate against the authority.
    let verification: (_ program: String) -> [String]
    /// Additional options for the `[mysqldump]` group.
    var dump: [Option] = []

    var command: ClientCommand {
        let words = request.arguments.isEmpty ? [fallback] : request.arguments
        let own = Self.takesOptionFile(words[0]) && !Self.namesOptionFile(words.dropFirst().first)
        var arguments = [words[0]]
        if own { arguments += options(of: Self.name(words[0]), in: "{files}") }
        var files = ["my.cnf": optionFile]
        for program in Self.programs { files[program] = script(program) }
        if let authority = request.authority { files["ca.pem"] = authority }
        return ClientCommand(
            arguments: arguments + words.dropFirst(), variables: variables, files: files, path: ["{files}"] + path)
    }

    private func options(of program: String, in folder: String) -> [String] {
        // `--defaults-file` must come first. It keeps the program from reading other option files: a host or password
        // in ~/.my.cnf would override these.
        let file = "--defaults-file=\(folder)/my.cnf"
        return request.authority == nil ? [file] : [file, "--ssl-ca=\(folder)/ca.pem"] + verification(program)
    }

    /// A wrapper script that precedes the real program in PATH, for scripts that call it: `MYSQL_HOME` alone would
    /// lose to ~/.my.cnf.
    private func script(_ program: String) -> String {
        """
        #!/bin/sh
        own=$(dirname "$0") rest= IFS=:
        for folder in $PATH; do [ "$folder" = "$own" ] || rest="$rest${rest:+:}$folder"; done
        unset IFS
        PATH=$rest
        case "$1" in --no-defaults|--defaults-*) exec \(program) "$@" ;; esac
        exec \(program) \(options(of: program, in: "$own").map { "\"\($0)\"" }.joined(separator: " ")) "$@"

        """
    }

    /// The options in the file's `[mysqldump]` group limit the dump to one transaction without locks.
    static func export(_ database: String, _ build: EngineBuild?) -> [String] {
        let program = ["mysqldump", "mariadb-dump"].first { build?.programs[$0] != nil } ?? "mariadb-dump"
        return [
            program, "--single-transaction", "--quick", "--skip-lock-tables", "--routines", "--events", "--triggers",
            "--hex-blob", "--no-tablespaces", "--default-character-set=utf8mb4", "--", database,
        ]
    }

    private static func name(_ program: String) -> String {
        program.split(separator: "/").last.map(String.init) ?? program
    }

    /// The client programs of MariaDB and MySQL, which read `--defaults-file`.
    static let programs =
        ["mysql", "mariadb"]
        + ["admin", "binlog", "check", "dump", "import", "show", "slap"].flatMap { ["mysql\($0)", "mariadb-\($0)"] }

    private static func takesOptionFile(_ program: String) -> Bool { programs.contains(name(program)) }

    private static func namesOptionFile(_ argument: String?) -> Bool {
        guard let argument else { return false }
        return argument == "--no-defaults" || argument.hasPrefix("--defaults-")
    }

    private var optionFile: String {
        let client = [
            Option("user", request.user), Option("password", request.password), Option("host", request.host),
            Option("port", Int64(request.port.number)), Option("protocol", "tcp"),
        ]
        // Only the shell understands `database` here: the dump program would misread the option.
        let shell = [
            Option("database", request.database), Option("default-character-set", "utf8mb4"),
            Option("max-allowed-packet", ByteCount.gibibytes(1)),
        ]
        // Dumps take no locks: the application user may not lock the server's own tables, and need not.
        let dump =
            [Option("single-transaction", true), Option("max-allowed-packet", ByteCount.gibibytes(1))] + self.dump
        // Other programs find the file through MYSQL_HOME, where the authority's path cannot be given. MySQL's
        // programs encrypt by default; MariaDB's need the option.
        let encryption = request.authority == nil ? "" : OptionFile.text(group: "client-mariadb", [Option("ssl", true)])
        return OptionFile.text(group: "client", client) + encryption + OptionFile.text(group: "mysql", shell)
            + OptionFile.text(group: "mysqldump", dump)
    }

    /// Environment for commands that are not client programs, and for scripts that call client programs.
    private var variables: ClientVariables {
        ClientVariables(
            values: [
                "MYSQL_HOME": "{files}", "MARIADB_HOME": "{files}", "MYSQL_HOST": request.host,
                "MYSQL_TCP_PORT": "\(request.port)", "MYSQL_USER": request.user, "MYSQL_PWD": request.password,
                "MYSQL_DATABASE": request.database,
                // ~/.mylogin.cnf is read even with --defaults-file, and overrides it. A path that does not exist
                // disables it.
                "MYSQL_TEST_LOGIN_FILE": "{files}/mylogin.cnf",
            ],
            cleared: [
                "MYSQL_UNIX_PORT", "MARIADB_UNIX_PORT", "MYSQL_GROUP_SUFFIX", "MARIADB_GROUP_SUFFIX",
                "LIBMYSQL_PLUGINS", "LIBMYSQL_PLUGIN_DIR", "MARIADB_PLUGIN_DIR", "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN",
                "MARIADB_TLS_DISABLE_PEER_VERIFICATION",
            ])
    }
}
