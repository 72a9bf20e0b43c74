import Foundation
import RoostModel
import Testing

/// The variables that applications read, from `roost env` and from the files in the home.
@Suite
struct EnvironmentTests {
    @Test func theVariablesNameTheServiceAndItsFirstDatabase() async throws {
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services("data: {type: mysql, memory: 192M}", "more: {type: mariadb, memory: 192M}"))
            let shown = try await roost.info(showPassword: true)
            let variables = try await environment(roost)
            #expect(variables["DATA_MYSQL_HOST"] == shown.endpoint.host)
            #expect(variables["DATA_MYSQL_PORT"] == "\(shown.endpoint.port)")
            #expect(variables["DATA_MYSQL_LOGIN"] == shown.user)
            #expect(variables["DATA_MYSQL_PASSWORD"] == shown.password)
            #expect(variables["DATA_MYSQL_DATABASE"] == "data")
            #expect(variables["DATA_MYSQL_URL"] == shown.url && variables["DATA_URL"] == shown.url)
            #expect(variables["DATABASE_URL"] == shown.url, "the first SQL service in the file's order")
            #expect(variables["MORE_MYSQL_URL"] != nil)
        }
    }

    @Test func theShellFormCanBeEvaluated() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let text = try await roost.roost("env", "-A", "ramen", "--format", "shell").expectSuccess().output
            let script = text + "\nprintf %s \"$DATA_URL\"\n"
            let outcome = try await Command.run("/bin/sh", ["-eu"], input: script)
            #expect(outcome.output == (try await roost.info(showPassword: true)).url)
        }
    }

    @Test func theFilesAreWhatTheCommandPrints() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            for (format, file) in [("json", "environment.json"), ("yaml", "environment.yml"), ("dotenv", ".env")] {
                let path = "\(roost.home)/apps/ramen/\(file)"
                let printed = try await roost.roost("env", "-A", "ramen", "--format", format).expectSuccess().output
                #expect(FileManager.default.contents(atPath: path) == Data(printed.utf8), "\(file)")
                var status = stat()
                #expect(stat(path, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600, "\(file)")
            }
        }
    }

    @Test func theFilesFollowARotation() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.roost("password", "rotate", "data", "-A", "ramen").expectSuccess()
            let path = "\(roost.home)/apps/ramen/environment.json"
            let file = try JSON.decode(
                [String: String].self, from: try #require(FileManager.default.contents(atPath: path)))
            #expect(file["DATA_MYSQL_PASSWORD"] == (try await roost.info(showPassword: true)).password)
        }
    }

    @Test func otherPlatformsNamesArePrintedOnRequest() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            let dotCloud = try await environment(roost, "--prefix", "DOTCLOUD_")
            #expect(dotCloud["DOTCLOUD_DATA_MYSQL_URL"] == shown.url)
            let cloud66 = try await environment(roost, "--style", "cloud66")
            #expect(cloud66.keys.contains("MYSQL_ADDRESS"), "\(cloud66.keys.sorted())")
        }
    }

    /// Under both names, in the answer and in the files, after each change of the members and of their roles.
    @Test func theAddressesOfReplicasFollowTheMembers() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.services("it: {type: redis, memory: 64M}"))
            try await agree(roost, replicas: 0)
            try await roost.scale(to: 3)
            try await roost.replicated()
            try await agree(roost, replicas: 2)
            try await roost.roost("promote", "it.2", "-A", "ramen").expectSuccess()
            try await roost.replicated()
            try await agree(roost, replicas: 2)
            try await roost.scale(to: 1)
            try await agree(roost, replicas: 0)
        }
    }

    private func agree(_ roost: Roost, replicas count: Int) async throws {
        let shown = try await roost.info("it", showPassword: true)
        let ports = shown.instances.filter { $0.role == "replica" }.map(\.port)
        #expect(ports.count == count)
        let addresses = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let own = try await environment(roost)
        #expect(own["IT_REDIS_REPLICA_ADDRESSES"] == addresses)
        #expect(own["IT_REDIS_READ_URL"] == shown.url(port: shown.readEndpoint.port))
        let cloud66 = try await environment(roost, "--style", "cloud66")
        for name in ["REDIS_SLAVE_ADDRESSES", "REDIS_SLAVE_ADDRESSES_INT"] {
            #expect(cloud66[name] == addresses, "\(name)")
        }
        try await eventually("the file has the addresses") {
            let file = FileManager.default.contents(atPath: "\(roost.home)/apps/ramen/environment.json") ?? Data()
            let variables = try? JSON.decode([String: String].self, from: file)
            return variables?["IT_REDIS_REPLICA_ADDRESSES"] == addresses
        }
    }

    private func environment(_ roost: Roost, _ options: String...) async throws -> [String: String] {
        let outcome = try await roost.roost(["env", "-A", "ramen", "--format", "json"] + options).expectSuccess()
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: String])
    }
}
