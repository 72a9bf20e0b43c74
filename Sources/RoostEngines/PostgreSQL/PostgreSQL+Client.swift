import RoostModel

extension PostgreSQL {
    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        var environment = [
            "PGHOST": request.host, "PGPORT": "\(request.port)", "PGUSER": request.user,
            "PGDATABASE": request.database, "PGPASSFILE": "{files}/pgpass",
            // Neither a service nor options of the caller's own lead elsewhere. A service cannot be unset by an empty
            // name, so there is one that says nothing.
            "PGSERVICE": "roost", "PGSERVICEFILE": "{files}/pg_service.conf",
            "PGOPTIONS": "", "PGPASSWORD": "", "PGHOSTADDR": "",
        ]
        // Host, port, database, user and password; the first line that fits is taken.
        var files = [
            "pg_service.conf": "[roost]\n",
            "pgpass": "*:*:*:\(Self.passwordFileText(request.user)):\(Self.passwordFileText(request.password))\n",
        ]
        if let authority = request.authority {
            files["ca.pem"] = authority
            // The name is one of many for the same machine; what proves the server is the authority.
            environment.merge(["PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{files}/ca.pem"]) { _, new in new }
        } else {
            environment["PGSSLMODE"] = "disable"
        }
        return ClientCommand(
            arguments: request.arguments.isEmpty ? ["psql"] : request.arguments, environment: environment,
            files: files, path: build?.programFolders ?? [])
    }

    /// The manual, "The Password File": a colon or a backslash within a field is escaped by a backslash.
    private static func passwordFileText(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
    }
}
