import Foundation
import RoostModel
import Testing

/// The addresses that `roost url` prints, in the libraries that applications hand them to. `docs/guides/clients.md`
/// has the table of what each library takes.
@Suite
struct ClientURLTests {
    private struct Item: Encodable {
        let client: String
        let url: String
    }

    private static let buildFile = BuildFiles.services(
        "data: {type: mariadb, memory: 192M, expose: network}",
        "records: {type: postgresql, memory: 192M, expose: network}",
        "cache: {type: redis, memory: 64M, expose: network}",
        "near: {type: mariadb, memory: 192M}")

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Programs.python),
            "the Python clients are not installed; scripts/setup --tests does it"))
    func addressesOfExposedServicesWorkAsTheyArePrinted() async throws {
        try await withRoost { roost in
            try await roost.push(Self.buildFile)
            let authority = "\(roost.folder)/roost-ca.pem"
            let certificate = try await roost.roost("ca").expectSuccess().output
            #expect(certificate.hasPrefix("-----BEGIN CERTIFICATE-----"))
            try Data(certificate.utf8).write(to: URL(filePath: authority))
            let environment = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
            let variables = try JSONDecoder().decode([String: String].self, from: Data(environment.utf8))
            let named = try #require(variables["DATA_MYSQL_CA_FILE"])
            #expect(try String(contentsOfFile: named, encoding: .utf8) == certificate)
            #expect(variables["NEAR_MYSQL_CA_FILE"] == nil)

            var items: [Item] = []
            func add(_ client: String, _ service: String, _ options: [String]) async throws {
                let outcome = try await roost.roost(["url", service, "-A", "ramen"] + options).expectSuccess()
                items.append(Item(client: client, url: outcome.output.trimmingCharacters(in: .newlines)))
            }
            for service in ["data", "near"] {
                for client in ["pymysql", "sqlalchemy", "django"] { try await add(client, service, []) }
                for client in ["sqlalchemy", "django"] { try await add(client, service, ["--for", client]) }
            }
            for client in ["psycopg", "sqlalchemy"] { try await add(client, "records", []) }
            for client in ["sqlalchemy", "django"] {
                try await add(client, "data", ["--for", client, "--ca", authority])
                try await add(client == "django" ? "psycopg" : client, "records", ["--for", client, "--ca", authority])
            }
            try await add("psycopg", "records", ["--ca", authority])
            try await add("redis-py", "cache", ["--for", "redis-py", "--ca", authority])

            let outcome = try await Command.run(
                Programs.python, ["\(Programs.checkout)/Tests/clients/urls.py"],
                input: String(decoding: try JSONEncoder().encode(items), as: UTF8.self))
            #expect(outcome.lines.count == items.count, "\(outcome)")
            for (item, line) in zip(items, outcome.lines) {
                #expect(line.hasSuffix(" ok") || line.contains(" absent "), "\(item.url): \(line)")
            }
        }
    }
}
