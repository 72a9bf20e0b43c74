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
            // If the build has no client, `mysql` is MariaDB's.
            verification: {
                own && !$0.hasPrefix("mariadb") ? ["--ssl-mode=VERIFY_IDENTITY"] : ["--ssl-verify-server-cert"]
            },
            // The dump must not set the replication position of the server that imports it, which its users may not
            // do. `loose-` because MariaDB's program reads the same group and does not know the option.
            dump: own ? [Option("loose-set-gtid-purged", false)] : []
        ).command
    }
}
