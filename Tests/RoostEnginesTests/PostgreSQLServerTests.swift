import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Behaviour that only a real server can prove. The tests run one at a time: each starts a server.
@Suite(.serialized, EachRelease(engine: "postgresql"), Seed(TestServer.postgresql), .timeLimit(.minutes(5)))
struct PostgreSQLServerTests {
    let engine = TestServer.postgresql

    /// Runs `body` with a server that has booted.
    func withServer(
        config: [String: String] = [:], memory: ByteCount = .mebibytes(256), certificate: ServerCertificate? = nil,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.with(engine, config: config, memory: memory, certificate: certificate, body)
    }

    // MARK: A fresh directory

    @Test func aFreshDirectoryHoldsNoAccountThatAnybodyCouldUse() async throws {
        let seed = try #require(Seed.path)
        let build = try #require(engine.builds().first)
        #expect(engine.versionOfData(at: seed)?.components == [build.identity.version.components[0]])
        try await withServer { server in
            let roles = try server.sql("SELECT rolname, rolpassword IS NULL FROM pg_authid WHERE rolcanlogin")
            #expect(roles == [["roost_admin", "t"]])
            #expect(try server.sql("SHOW data_checksums") == [["on"]])
            let database = try server.sql(
                "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'template0'")
            #expect(database == [["UTF8", "C.UTF-8"]])
        }
    }

    /// A server takes another one of the same identifier for a member of its group.
    @Test func freshDirectoriesAreOfDifferentServers() async throws {
        let build = try #require(engine.builds().first)
        var identifiers: Set<Data> = []
        for _ in 0..<2 {
            let directory = "/tmp/roost-engine-fresh-\(UUID().uuidString.prefix(8))"
            try TestFolder.make(directory)
            defer { try? FileManager.default.removeItem(atPath: directory) }  // Left behind: a folder below /tmp.
            try await engine.initialise(directory: directory, build: build, user: TestUser.server)
            // The control file begins with the identifier.
            let control = try #require(FileManager.default.contents(atPath: "\(directory)/global/pg_control"))
            identifiers.insert(Data(control.prefix(8)))
        }
        #expect(identifiers.count == 2)
    }

    @Test func nothingOfTheSystemsConfigurationLeaksIn() async throws {
        try await withServer { server in
            let foreign = try server.sql(
                "SELECT name, setting FROM pg_settings WHERE setting ~ '^/' AND vartype = 'string' "
                    + "AND setting !~ '^\(server.folder)'")
            #expect(foreign.allSatisfy { $0[0] == "ssl_ecdh_curve" || $0[0] == "krb_server_keyfile" }, "\(foreign)")
            let wanted = [
                "listen_addresses": "127.0.0.1", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
                "wal_level": "replica", "wal_log_hints": "on", "TimeZone": "UTC", "log_timezone": "UTC",
                "shared_buffers": "64MB", "max_connections": "51", "password_encryption": "scram-sha-256",
                "hba_file": "\(server.folder)/conf/pg_hba.conf", "archive_mode": "off",
            ]
            for (name, value) in wanted {
                #expect(try server.sql("SELECT current_setting('\(name)')") == [[value]], "\(name)")
            }
        }
    }

    @Test(arguments: [ByteCount.mebibytes(128), .mebibytes(512), .gibibytes(4)])
    func everySizeIsTakenAsItIs(_ memory: ByteCount) async throws {
        try await withServer(memory: memory) { server in
            #expect(!server.logTail.contains("WARNING"), "\(server.logTail)")
            let wanted = PostgreSQLSizing(memory: memory).sharedBuffers.bytes >> 13
            let buffers = try server.sql("SELECT setting FROM pg_settings WHERE name = 'shared_buffers'")
            #expect(buffers == [["\(wanted)"]])
        }
    }

    // MARK: Opening

    @Test func bootsClosedAndOpensWithItsDatabases() async throws {
        try await withServer { server in
            let names = ["data", "word\"press's"]
            server.plan = server.plan.with(databases: names)
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.psql("SELECT 1").status != 0)
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let standing = try server.sql(
                "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = 'postgres' ORDER BY 1")
            #expect(standing == [["data"], ["postgres"], ["word\"press's"]])
            let outcome = try server.psql("CREATE TABLE public.t (n int); SELECT current_user, current_database()")
            #expect(outcome.output == "CREATE TABLE\npostgres|data\n", "\(outcome)")
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try server.psql("SELECT 1").status == 0)
        }
    }

    @Test func aServerThatStartsAgainIsClosedAgain() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.psql("SELECT 1").errors.contains("no pg_hba.conf entry"))
            // Account changes of a closed server wait for its opening.
            try await engine.applyAccounts(server.plan)
            #expect(await engine.probe(server.plan.address) == .closed)
            try await engine.open(server.plan)
            #expect(try server.psql("SELECT 1").status == 0)
        }
    }

    @Test func anotherDaemonSeesThatAServerIsOpen() async throws {
        try await withServer { server in
            let next = TestServer.postgresql
            #expect(await next.probe(server.plan.address) == .closed)
            try await engine.open(server.plan)
            #expect(await TestServer.postgresql.probe(server.plan.address) == .healthy)
            #expect(await next.probe(server.plan.address) == .healthy)
        }
    }

    @Test func aStalePidFileDoesNotHinderAStart() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            server.kill()
            // A restart of the machine: the process id belongs to another process of the same user.
            let foreign = Process()
            foreign.executableURL = URL(filePath: "/usr/bin/setpriv")
            let words = TestUser.unprivileged(["/bin/sleep", "300"])
            foreign.executableURL = URL(filePath: words[0])
            foreign.arguments = Array(words.dropFirst())
            try foreign.run()
            defer {
                // A child of the test runner may have SIGTERM blocked.
                kill(foreign.processIdentifier, SIGKILL)
                foreign.waitUntilExit()
            }
            let file = "\(server.plan.folders.data)/postmaster.pid"
            var lines = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "\n")
            lines[0] = "\(foreign.processIdentifier)"
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))
            try server.start()
            try await server.waitUntilItAnswers()
            #expect(await engine.probe(server.plan.address) == .closed)
        }
    }

    // MARK: Looking

    @Test func looksShareOneConnectionAndWriteNothingToTheLog() async throws {
        try await withServer { server in
            for _ in 0..<20 { #expect(await engine.probe(server.plan.address) == .closed) }
            let sessions = try server.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'roost_admin' AND pid <> pg_backend_pid() "
                    + "AND backend_type = 'client backend'")
            #expect(sessions == [["1"]])
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            #expect(!log.contains("FATAL") && !log.contains("ERROR"), "\(server.logTail)")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
        }
    }

    @Test func aServerThatHangsIsUnknownAndOneThatIsGoneStartsAgain() async throws {
        try await withServer { server in
            let fresh = TestServer.postgresql
            try await server.suspend()
            guard case .unknown = await fresh.probe(server.plan.address) else {
                Issue.record("a stopped process gives no answer")
                return
            }
            server.signal(SIGCONT)
            #expect(await engine.probe(server.plan.address) == .closed)
            server.kill()
            guard case .starting = await fresh.probe(server.plan.address) else {
                Issue.record("nobody listens")
                return
            }
        }
    }
}

extension TestServer {
    static var postgresql: PostgreSQL { PostgreSQL(addedBuilds: EachRelease.engines) }

    /// Runs one statement as Roost's own account of a PostgreSQL server.
    @discardableResult
    func sql(_ statement: String, database: String = "roost_admin") throws -> [[String?]] {
        try PostgreSQLConnection(plan.address, database: database, .administration).run(statement)
    }

    /// Runs statements as a user would.
    func psql(
        _ statements: String, user: String? = nil, password: String? = nil, database: String? = nil
    ) throws -> TestProgram.Outcome {
        let arguments =
            ["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-c", statements] + (database.map { ["-d", $0] } ?? [])
        return try client(arguments, user: user, password: password)
    }
}
