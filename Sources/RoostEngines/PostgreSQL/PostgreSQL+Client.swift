import RoostModel

extension PostgreSQL {
    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        let words = request.arguments.isEmpty ? ["psql"] : request.arguments
        var arguments = [words[0]]
        // An interactive session goes on after an error despite this variable.
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

    /// libpq would take a name with `=` in it, or one that begins like an address, for connection parameters.
    private static func connection(_ database: String) -> String {
        "dbname='" + database.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    /// Options with which the application user can dump everything else: only a superuser reads stored passwords, and
    /// the template and Roost's own databases admit no clients. `pg_dumpall` rejects an exclusion of databases when it
    /// dumps no databases.
    private static func dumpAllOptions(_ words: ArraySlice<String>) -> [String] {
        let withoutDatabases: Set = ["-g", "--globals-only", "-r", "--roles-only", "-t", "--tablespaces-only"]
        let closed = ["template1", PostgreSQLAccounts.administrationDatabase, PostgreSQLDatabase.spare]
        return ["--no-role-passwords"]
            + (words.contains(where: withoutDatabases.contains) ? [] : closed.map { "--exclude-database=\($0)" })
    }

    private static func name(_ program: String) -> String {
        program.split(separator: "/").last.map(String.init) ?? program
    }

    /// Environment variables for libpq; see the manual, "Environment Variables". Pure.
    static func variables(_ request: ClientRequest) -> ClientVariables {
        var values = [
            "PGHOST": request.host, "PGPORT": "\(request.port)", "PGUSER": request.user, "PGPASSWORD": request.password,
            "PGDATABASE": request.database, "PGSSLMODE": "disable",
        ]
        if request.authority != nil {
            // A host has many names, so the host name is not verified: the certificate authority proves the server.
            values.merge(["PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{files}/ca.pem"]) { _, new in new }
        }
        return ClientVariables(values: values, cleared: elsewhere + refusals)
    }

    /// Variables that name another server, account or search path.
    private static let elsewhere = [
        "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGOPTIONS", "PGTARGETSESSIONATTRS",
        "PGLOADBALANCEHOSTS",
    ]

    /// Variables with requirements that this server does not meet, and credentials meant for another server.
    private static let refusals = [
        "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLNEGOTIATION",
        "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGREQUIRESSL", "PGREQUIREAUTH", "PGREQUIREPEER",
        "PGCHANNELBINDING", "PGGSSENCMODE", "PGGSSLIB", "PGGSSDELEGATION", "PGKRBSRVNAME", "PGREALM",
        "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
    ]
}
