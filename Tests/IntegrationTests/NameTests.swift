import Foundation
import RoostModel
import Testing

/// Names and values that a server could not live with are refused before anything is made, on every way in.
@Suite struct NameTests {
    private static let files: [(name: String, type: String, words: String)] = [
        ("mysql", "mariadb", "'mysql' is a system database of the server"),
        ("sys", "mysql", "'sys' is a system database of the server"),
        ("template1", "postgresql", "'template1' is a system database of the server"),
        ("roost_admin", "postgresql", "'roost_admin' is a system database of the server"),
    ]

    @Test func aServersOwnDatabaseIsNoServicesName() async throws {
        try await withRoost { roost in
            for (name, type, words) in Self.files {
                let refused = try await roost.tryPush(BuildFiles.services("\(name): {type: \(type)}"))
                #expect(refused.status == 2, "\(refused)")
                #expect(refused.errors.contains("roost.yml:2: services.\(name): "), "\(refused)")
                #expect(refused.errors.contains(words) && refused.errors.contains("choose another name"), "\(refused)")
            }
            let long = String(repeating: "x", count: 64)
            let values: [(file: String, words: String)] = [
                ("it: {type: postgresql, databases: [\(long)]}", "use 1 to 63 letters"),
                ("it: {type: redis, config: {maxclients: 1}}", "write at least 16"),
                ("it: {type: postgresql, config: {max_connections: 1}}", "at least 10"),
                ("it: {type: mariadb, config: {max_connections: 1}}", "write at least 10"),
            ]
            for (file, words) in values {
                let refused = try await roost.tryPush(BuildFiles.services(file))
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            }
            #expect(roost.instanceFolders.isEmpty, "nothing was made")
        }
    }

    @Test func aServersOwnDatabaseIsNoTemplatesName() async throws {
        try await withRoost { roost in
            let dump = "\(roost.folder)/a.sql"
            try Data("SELECT 1;\n".utf8).write(to: URL(filePath: dump))
            for (name, type) in [("mysql", "mariadb"), ("performance-schema", "mariadb"), ("template1", "postgresql")] {
                let problem = try await roost.problem("template", "add", name, "--dump", dump, "--type", type)
                #expect(problem.error.code == "name_invalid", "\(problem)")
                #expect(problem.error.message.contains("is a system database of the server"), "\(problem)")
            }
            // A watched dump has no caller to answer, so its template gives the reason.
            let folder = "\(roost.home)/dumps/mariadb"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.moveItem(atPath: dump, toPath: "\(folder)/sys.sql")
            try await eventually("the watched dump's template says why it is none") {
                try await roost.templates().contains {
                    $0.name == "sys" && $0.failure?.contains("'sys' is a system database of the server") == true
                }
            }
        }
    }

    /// Names of the greatest length survive a restart: the server would not find a shortened name again.
    @Test func theLongestNamesSurviveARestart() async throws {
        let long = String(repeating: "x", count: 63)
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services(
                    "postgres: {type: postgresql, memory: 192M, databases: [\(long)]}",
                    "data: {type: mariadb, memory: 192M, databases: [\(long)x]}"))
            for name in ["postgres", "data"] {
                try await roost.roost("restart", name, "-A", "ramen").expectSuccess()
                try await roost.waitReady(name)
                let info = try await roost.info(name)
                #expect(info.state == .running && info.problems.isEmpty, "\(info)")
                try await roost.roost("user", "add", name, String(repeating: "u", count: 40), "-A", "ramen")
                    .expectSuccess()
            }
        }
    }
}
