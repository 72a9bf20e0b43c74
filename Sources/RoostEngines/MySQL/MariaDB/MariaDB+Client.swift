import RoostModel

extension MariaDB {
    package var exportFormats: [ExportFormat] { [.sql] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] {
        ClientPrograms.export(database, build)
    }

    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        ClientPrograms(
            request: request, fallback: build == nil || build?.programs["mariadb"] != nil ? "mariadb" : "mysql",
            path: build?.programFolders ?? [], verification: { _ in ["--ssl-verify-server-cert"] }
        ).command
    }
}
