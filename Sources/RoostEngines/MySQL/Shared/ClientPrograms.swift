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
        if own {
            // Must come first. Nothing of the machine's or the caller's own option files is read then: a password in
            // ~/.my.cnf would win over this one.
            arguments.append("--defaults-file={files}/my.cnf")
            if request.authority != nil {
                arguments += ["--ssl-ca={files}/ca.pem"] + verification(Self.name(words[0]))
            }
        }
        var files = ["my.cnf": optionFile]
        if let authority = request.authority { files["ca.pem"] = authority }
        return ClientCommand(
            arguments: arguments + words.dropFirst(), environment: environment, files: files, path: path)
    }

    private static func name(_ program: String) -> String {
        program.split(separator: "/").last.map(String.init) ?? program
    }

    /// Whether a word is one of the client programs of MariaDB or MySQL, which read `--defaults-file`.
    private static func takesOptionFile(_ program: String) -> Bool {
        let name = name(program)
        let tools = ["admin", "binlog", "check", "dump", "import", "show", "slap"]
        return ["mysql", "mariadb"].contains(name) || tools.contains { name == "mysql\($0)" || name == "mariadb-\($0)" }
    }

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
    private var environment: [String: String] {
        [
            "MYSQL_HOME": "{files}", "MYSQL_HOST": request.host, "MYSQL_TCP_PORT": "\(request.port)",
            "MYSQL_USER": request.user, "MYSQL_PWD": request.password, "MYSQL_DATABASE": request.database,
        ]
    }
}
