import Foundation
import RoostModel
import Testing

/// `roost run` and the clients that applications use.
@Suite
struct ClientTests {
    @Test func runOpensTheServicesClientSignedIn() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let folder = try roost.applicationFolder("ramen", buildFile: BuildFiles.one)
            let outcome = try await roost.roost("run", "data", "--", "mysql", "-N", "-e", "select 6 * 7", in: folder)
            #expect(outcome.status == 0 && outcome.output == "42\n", "\(outcome)")
            let piped = try await roost.roost(
                "run", "data", "--", "mysql", "-N", in: folder, input: "select database();")
            #expect(piped.output == "data\n", "\(piped)")
        }
    }

    @Test func runEndsAsItsCommandDid() async throws {
        let endings: [(command: [String], status: Int32)] = [
            (["sh", "-c", "exit 7"], 7), (["no-such-client"], 127), (["/etc/passwd"], 126),
            (["mysql", "-e", "no sql"], 1),
        ]
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            for (command, status) in endings {
                let outcome = try await roost.roost(["run", "data", "-A", "ramen", "--"] + command)
                #expect(outcome.status == status, "\(outcome)")
            }
        }
    }

    @Test func runEndsWith125WhereRoostItselfFailed() async throws {
        try await withRoost { roost in
            try await roost.roost("create", "ramen").expectSuccess()
            #expect(try await roost.roost("run", "nothing", "-A", "ramen", "--", "mysql").status == 125)
        }
    }

    @Test func aDumpIsImportedFromStandardInput() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let rows = 20_000
            let filler = String(repeating: "x", count: 200)
            let dump =
                "create table t (n int primary key, filler varchar(200));\n"
                + (0..<rows / 100).map { block in
                    "insert into t values "
                        + (0..<100).map { "(\(block * 100 + $0),'\(filler)')" }.joined(separator: ",") + ";\n"
                }.joined()
            try await roost.roost("run", "data", "-A", "ramen", "--", "mysql", input: dump).expectSuccess()
            #expect(try await roost.query("select count(*), max(n) from t") == ["\(rows)\t\(rows - 1)"])
        }
    }

    @Test func noSecretIsSeenWhereItShouldNotBe() async throws {
        try await withRoost(arguments: ["--log-level", "trace"]) { roost in
            try await roost.push(BuildFiles.one)
            try await roost.roost("password", "rotate", "data", "-A", "ramen").expectSuccess()
            let password = try #require(try await roost.info(showPassword: true).password as String?)
            // The arguments of a client that waits for its input are read from outside.
            let arguments = try await roost.roost(
                "run", "data", "-A", "ramen", "--", "sh", "-c",
                "mariadb --version >/dev/null; cat /proc/$$/cmdline /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
            #expect(!arguments.output.contains(password))
            for process in roost.processes { #expect(!process.description.contains(password)) }
            let events = try await roost.roost("events", "--json")
            #expect(!events.output.contains(password))
            #expect(!roost.logTail.contains(password))
            let found = try await Command.run("/bin/grep", ["-rlaF", password, roost.home, roost.log])
            // The environment files exist for the password; the init file sets it in the server.
            let allowed = ["/apps/", "/conf/"]
            for file in found.lines {
                #expect(allowed.contains { file.contains($0) }, "\(file) holds the password")
                var status = stat()
                #expect(stat(file, &status) == 0 && status.st_mode & 0o007 == 0, "\(file) is open to everybody")
            }
        }
    }

    @Test func logsShowTheServersOwnLines() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let outcome = try await roost.roost("logs", "data", "-A", "ramen", "-n", "200").expectSuccess()
            #expect(outcome.output.contains("ready for connections"), "\(outcome)")
        }
    }

    /// PyMySQL and mysql-connector-python: sign-on, Unicode, transactions, prepared statements, large values.
    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Programs.python),
            "the Python clients are not installed; scripts/setup --tests does it"),
        arguments: ["pymysql", "mysql.connector"])
    func pythonClientsWorkThroughTheEndpoint(client: String) async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let variables = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
            let outcome = try await Command.run(
                Programs.python, ["\(Programs.checkout)/Tests/clients/mysql_roundtrip.py", client], input: variables)
            #expect(outcome.status == 0, "\(outcome)")
        }
    }
}
