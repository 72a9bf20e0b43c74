import Foundation
import RoostModel

/// The name of a family's server program, and the parser of its version output. Pure.
///
/// Some families use each other's program names (MariaDB's archives have a `mysqld`, Valkey's a `redis-server`), so
/// the version output decides, never the file name.
package struct ServerProgram: Equatable, Sendable {
    /// The engine family: `mariadb`.
    package let family: String
    let name: String
    /// Further programs that Roost or its users start, if the build has them.
    let companions: Set<String>

    package static let all = [
        ServerProgram(family: "mysql", name: "mysqld", companions: ["mysql", "mysqldump", "mysql_tzinfo_to_sql"]),
        ServerProgram(
            family: "mariadb", name: "mariadbd",
            companions: [
                "mariadb", "mariadb-dump", "mariadb-tzinfo-to-sql", "mariadb-upgrade", "my_print_defaults", "resolveip",
            ]),
        ServerProgram(
            family: "postgresql", name: "postgres", companions: ["initdb", "psql", "pg_dump", "pg_restore"]),
        ServerProgram(family: "redis", name: "redis-server", companions: ["redis-cli"]),
        ServerProgram(family: "valkey", name: "valkey-server", companions: ["valkey-cli"]),
        ServerProgram(family: "mongodb", name: "mongod", companions: ["mongosh"]),
    ]

    package static func of(family: String) -> ServerProgram? { all.first { $0.family == family } }

    enum Answer: Equatable, Sendable {
        case version(EngineVersion)
        /// The program is a server of another family.
        case other
        case none
    }

    /// Parses the output of `--version`.
    func read(_ output: String) -> Answer {
        guard let match = output.firstMatch(of: /(?:Ver |v=|version v|\(PostgreSQL\) )(\d+(?:\.\d+){0,3})/),
            let version = EngineVersion(String(match.1))
        else { return .none }
        let isOwn =
            switch family {
            // `mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)`
            case "mysql": !output.contains("MariaDB")
            // `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)`
            case "mariadb": output.contains("MariaDB")
            // `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`
            case "postgresql": output.contains("(PostgreSQL)")
            // `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…`
            case "redis": output.contains("Redis server")
            // `Valkey server v=8.1.1 sha=…`, and in early releases `Server v=7.2.5 …`
            case "valkey": output.contains("erver v=") && !output.contains("Redis server")
            // `db version v6.0.5`
            case "mongodb": output.contains("db version")
            default: true
            }
        return isOwn ? .version(version) : .other
    }
}
