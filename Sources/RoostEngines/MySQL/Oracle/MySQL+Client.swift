import RoostModel

extension MySQL {
    package var exportFormats: [ExportFormat] { [.sql] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] {
        ClientPrograms.export(database, build)
    }

    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        let own = build?.programs["mysql"] != nil
        return ClientPrograms(
            request: request, fallback: own ? "mysql" : "mariadb", path: build?.programFolders ?? [],
            // Where the build brings no client, what is called `mysql` is MariaDB's.
            verification: {
                own && !$0.hasPrefix("mariadb") ? ["--ssl-mode=VERIFY_IDENTITY"] : ["--ssl-verify-server-cert"]
            },
            // Who imports a dump may not set the server's replication position, and must not. MariaDB's program, which
            // reads the same group, does not know the option.
            dump: own ? [Option("loose-set-gtid-purged", false)] : []
        ).command
    }
}
