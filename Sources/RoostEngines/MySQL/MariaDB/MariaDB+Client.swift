import RoostModel

extension MariaDB {
    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        ClientPrograms(
            request: request, fallback: build == nil || build?.programs["mariadb"] != nil ? "mariadb" : "mysql",
            path: build?.programFolders ?? [], verification: { _ in ["--ssl-verify-server-cert"] }
        ).command
    }
}
