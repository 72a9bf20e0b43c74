import RoostModel

extension PostgreSQL {
    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        let words = request.arguments.isEmpty ? ["psql"] : request.arguments
        var arguments = [words[0]]
        // A terminal's session goes on after an error all the same.
        if Self.name(words[0]) == "psql" { arguments += ["-v", "ON_ERROR_STOP=1"] }
        if Self.name(words[0]) == "pg_dumpall" { arguments += Self.dumpAllOptions(words.dropFirst()) }
        return ClientCommand(
            arguments: arguments + words.dropFirst(), variables: Self.variables(request),
            files: request.authority.map { ["ca.pem": $0] } ?? [:], path: build?.programFolders ?? [])
    }

    package var exportFormats: [ExportFormat] { [.sql, .custom, .tar] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] {
        ["pg_dump", "--format=\(format == .sql ? "plain" : format.rawValue)", "--dbname=\(Self.connection(database))"]
    }

    /// A name with `=` in it, or one that begins as an address does, would be taken for connection parameters.
    private static func connection(_ database: String) -> String {
        "dbname='" + database.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    /// Stored passwords are a superuser's to read, and the template and Roost's own databases are nobody's to connect to:
    /// all else can be dumped. The program refuses to leave out a database where it is asked for none.
    private static func dumpAllOptions(_ words: ArraySlice<String>) -> [String] {
        let withoutDatabases: Set = ["-g", "--globals-only", "-r", "--roles-only", "-t", "--tablespaces-only"]
        let closed = ["template1", PostgreSQLAccounts.administrationDatabase, PostgreSQLDatabase.spare]
        return ["--no-role-passwords"]
            + (words.contains(where: withoutDatabases.contains) ? [] : closed.map { "--exclude-database=\($0)" })
    }

    private static func name(_ program: String) -> String {
        program.split(separator: "/").last.map(String.init) ?? program
    }

    /// The manual, "Environment Variables" of libpq. Pure.
    static func variables(_ request: ClientRequest) -> ClientVariables {
        var values = [
            "PGHOST": request.host, "PGPORT": "\(request.port)", "PGUSER": request.user, "PGPASSWORD": request.password,
            "PGDATABASE": request.database, "PGSSLMODE": "disable",
        ]
        if request.authority != nil {
            // The name is one of many for the same machine; what proves the server is the authority.
            values.merge(["PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{files}/ca.pem"]) { _, new in new }
        }
        return ClientVariables(values: values, cleared: elsewhere + refusals)
    }

    /// Names of another server, account or search path.
    private static let elsewhere = [
        "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGOPTIONS", "PGTARGETSESSIONATTRS",
        "PGLOADBALANCEHOSTS",
    ]

    /// Demands that this server does not meet, and proofs that are meant for another.
    private static let refusals = [
        "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLNEGOTIATION",
        "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGREQUIRESSL", "PGREQUIREAUTH", "PGREQUIREPEER",
        "PGCHANNELBINDING", "PGGSSENCMODE", "PGGSSLIB", "PGGSSDELEGATION", "PGKRBSRVNAME", "PGREALM",
        "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
    ]
}
