import RoostModel

/// How the command-line programs of MariaDB and MySQL are opened, authenticated by an option file. Pure.
struct ClientPrograms {
    let request: ClientRequest
    /// What runs where nothing is asked for.
    let fallback: String
    /// Of the folders that hold the build's own programs.
    let path: [String]
    /// What makes a program check that the server is the authority's.
    let verification: (_ program: String) -> [String]
    /// More for the dump program's group.
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
        // Must come first. Nothing of the machine's or the caller's own option files is read then: a host or a password
        // in ~/.my.cnf would win over these.
        let file = "--defaults-file=\(folder)/my.cnf"
        return request.authority == nil ? [file] : [file, "--ssl-ca=\(folder)/ca.pem"] + verification(program)
    }

    /// Stands before the program of this name in the path, for scripts that call it: `MYSQL_HOME` alone would lose to
    /// ~/.my.cnf.
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

    /// The options in the file's `[mysqldump]` hold it to one transaction and no lock.
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
        // Only the shell takes a database here: a dump would take the option's value for something else.
        let shell = [
            Option("database", request.database), Option("default-character-set", "utf8mb4"),
            Option("max-allowed-packet", ByteCount.gibibytes(1)),
        ]
        // A dump locks nothing: the shown account may not lock the server's own tables, and need not.
        let dump =
            [Option("single-transaction", true), Option("max-allowed-packet", ByteCount.gibibytes(1))] + self.dump
        // Other programs find the file by MYSQL_HOME, where no path can be given for the authority. MySQL's encrypt
        // without being told.
        let encryption = request.authority == nil ? "" : OptionFile.text(group: "client-mariadb", [Option("ssl", true)])
        return OptionFile.text(group: "client", client) + encryption + OptionFile.text(group: "mysql", shell)
            + OptionFile.text(group: "mysqldump", dump)
    }

    /// For commands that are none of the client programs, and for scripts that call these.
    private var variables: ClientVariables {
        ClientVariables(
            values: [
                "MYSQL_HOME": "{files}", "MARIADB_HOME": "{files}", "MYSQL_HOST": request.host,
                "MYSQL_TCP_PORT": "\(request.port)", "MYSQL_USER": request.user, "MYSQL_PWD": request.password,
                "MYSQL_DATABASE": request.database,
                // ~/.mylogin.cnf is read even beside --defaults-file, and wins. A file that is not there says nothing.
                "MYSQL_TEST_LOGIN_FILE": "{files}/mylogin.cnf",
            ],
            cleared: [
                "MYSQL_UNIX_PORT", "MARIADB_UNIX_PORT", "MYSQL_GROUP_SUFFIX", "MARIADB_GROUP_SUFFIX",
                "LIBMYSQL_PLUGINS", "LIBMYSQL_PLUGIN_DIR", "MARIADB_PLUGIN_DIR", "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN",
                "MARIADB_TLS_DISABLE_PEER_VERIFICATION",
            ])
    }
}
