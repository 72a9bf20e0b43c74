import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MySQLTests.ServerTests {
    /// A service with a bit of everything that a dump holds.
    private func fill(_ server: TestServer) async throws {
        try await engine.open(server.plan)
        let connection = try ServerConnection(server.plan.address, .administration)
        for statement in [
            "CREATE USER guest@'%' IDENTIFIED BY 'guestSecret1'", "GRANT ALL ON data.* TO guest@'%'", "USE data",
            "CREATE TABLE dish (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(200), picture BLOB)",
            "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, words TEXT)",
            "INSERT INTO dish (name, picture) WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r "
                + "WHERE n < 500) SELECT CONCAT('it''s; \\\\ \"', n, '`'), CHAR(0, 13, 10, 39, 92) FROM r",
            "CREATE DEFINER = root@'%' VIEW plain AS SELECT id FROM dish WHERE name NOT LIKE '%;%--'",
            "CREATE DEFINER = nobody@'%' VIEW orphan AS SELECT COUNT(*) AS n FROM dish",
            "CREATE TRIGGER noted AFTER INSERT ON dish FOR EACH ROW BEGIN INSERT INTO log (words) VALUES (NEW.name); END",
            "CREATE PROCEDURE twice() BEGIN SELECT 1; SELECT 2; END",
            "CREATE EVENT hourly ON SCHEDULE EVERY 1 SECOND DO INSERT INTO log (words) VALUES ('event')",
            "INSERT INTO dish (name) VALUES ('last')",
        ] {
            try connection.run(statement)
        }
    }

    private func count(_ server: TestServer) throws -> [[String?]] {
        try server.administration(
            "SELECT (SELECT COUNT(*) FROM data.dish), (SELECT COUNT(*) FROM data.log), (SELECT COUNT(*) FROM data.plain), "
                + "(SELECT COUNT(DISTINCT picture) FROM data.dish), "
                + "(SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'data'), "
                + "(SELECT COUNT(*) FROM information_schema.EVENTS), "
                + "(SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'data')")
    }
    private var counted: [[String?]] { [["501", "1", "501", "1", "1", "1", "1"]] }

    /// The dump by the engine's own program, as Roost's own account: with the statements about the server that only
    /// it may read.
    private func dump(_ server: TestServer, _ words: [String]) throws -> String {
        let outcome = try TestProgram.outcome(
            try #require(server.build.programs["mysqldump"]),
            [
                "--no-defaults", "-S", server.plan.folders.socket, "-u", "roost_admin", "--events", "--routines",
                "--hex-blob", "--single-transaction", "--set-gtid-purged=ON",
            ] + words, environment: ["MYSQL_PWD": server.plan.administrationPassword])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test func aDumpBecomesATemplateAndItsCloneIsAServerOfItsOwn() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with(engine) { server in
                try await fill(server)
                text = try dump(server, ["data"])
            }
            #expect(text.contains("GTID_PURGED"))
            var identity: [[String?]] = []
            for dump in try CopyFolder.dumps(text, in: folder) {
                try await TestServer.with(engine, profile: .building) { server in
                    try await engine.open(server.plan)
                    let progress = ProgressLog()
                    try await server.load(dump, progress)
                    #expect(try count(server) == counted, "\(dump.compression)")
                    let last = try #require(progress.last)
                    #expect(last.bytesRead == last.bytesTotal && last.bytesTotal > 1000 && progress.isMonotonic)
                    #expect((20...200).contains(last.statements), "\(last.statements)")
                    #expect(try await engine.filledDatabases(server.plan) == ["data"])
                    try server.administration("CREATE USER old@'%' IDENTIFIED BY 'oldSecret1'")
                    try server.administration("CREATE ROLE waiters")
                    identity = try server.administration("SELECT @@server_uuid")
                    if dump.compression == .none { try await server.becomeTemplate(at: "\(folder)/template") }
                }
            }
            try await TestServer.with(
                engine, config: ["event_scheduler": "ON"], profile: .clone(isDurable: false), on: "\(folder)/template",
                preparing: TestServer.detached
            ) { server in
                try await checkClone(server)
                #expect(try server.administration("SELECT @@server_uuid") != identity)
            }
        }
    }

    private func checkClone(_ server: TestServer) async throws {
        #expect(await engine.probe(server.plan.address) == .closed)
        try await engine.open(server.plan)
        #expect(await engine.probe(server.plan.address) == .healthy)
        let rows = try server.client(["mysql", "-Ne", "SELECT COUNT(*) FROM dish; INSERT INTO log () VALUES ()"])
        #expect(rows.output == "501\n", "\(rows.errors)")
        #expect(try server.client(["mysql", "-e", "SELECT 1"], password: "shownSecret1").status != 0)
        let old = try server.client(["mysql", "-e", "SELECT 1"], user: "old", password: "oldSecret1")
        #expect(old.errors.contains("locked"), "\(old.errors)")
        let settings = try server.administration(
            "SELECT @@log_bin, @@event_scheduler, @@performance_schema, @@innodb_doublewrite, @@innodb_flush_method, "
                + "@@global.gtid_executed")
        #expect(settings == [["0", "OFF", "0", "OFF", "nosync", ""]])
        #expect(try server.administration("SHOW REPLICA STATUS").isEmpty)
        let logs = try server.files.filter { $0.hasPrefix("binlog") || $0.hasPrefix("relay") }
        #expect(logs.isEmpty)
        let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
        for words in ["[ERROR]", "recovery", "Resizing"] { #expect(!log.contains(words), "\(log)") }
        // Settings fixed for a copy are not changed in place.
        let left = try await engine.applySettings(["event_scheduler": "ON", "wait_timeout": "99"], plan: server.plan)
        #expect(left.isEmpty)
        #expect(try server.administration("SELECT @@event_scheduler, @@global.wait_timeout") == [["OFF", "99"]])
    }

    @Test func aStatementThatFailsIsShownWithItsLine() async throws {
        try await CopyFolder.with { folder in
            let filler = (1...2000).map { "INSERT INTO t VALUES ('\($0); --\\'');\n" }.joined()
            let text =
                "CREATE TABLE t (a VARCHAR(40));\nSTART TRANSACTION;\n\(filler)-- here\nINSERT INTO\n"
                + "  missing VALUES (1);\n\(filler)COMMIT;\n"
            for dump in try CopyFolder.dumps(text, in: folder).prefix(2) {
                try await TestServer.with(engine, profile: .building) { server in
                    try await engine.open(server.plan)
                    let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                    guard case .loadFailed(2004, "INSERT INTO missing VALUES (1)", let message) = error else {
                        Issue.record("\(String(describing: error))")
                        return
                    }
                    #expect(message.contains("1146") && message.contains("missing"), "\(message)")
                    await #expect(throws: EngineError.self) {
                        try await engine.run(
                            script: "system touch \(server.folder)/run/owned;\n", server.plan, build: server.build,
                            user: TestUser.server)
                    }
                    #expect(!FileManager.default.fileExists(atPath: "\(server.folder)/run/owned"))
                    try await engine.run(
                        script: "UPDATE t SET a = 'masked';\n", server.plan, build: server.build, user: TestUser.server)
                }
            }
        }
    }

    @Test func aDumpOfAllDatabasesLocksRoostOutOfNothing() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with(engine) { server in
                try await fill(server)
                text = try dump(server, ["--all-databases", "--flush-privileges"])
            }
            let file = try #require(try CopyFolder.dumps(text, in: folder).first)
            try await TestServer.with(
                engine, profile: .building, preparing: { $0.plan = $0.plan.withNewPasswords() }
            ) { server in
                try await engine.open(server.plan)
                try await server.load(file)
                #expect(try server.administration("SELECT COUNT(*) FROM data.dish") == [["501"]])
                try await engine.finalise(server.plan)
                #expect(try server.client(["mysql", "-e", "SELECT 1"]).status == 0)
                let guest = try server.client(["mysql", "-e", "SELECT 1"], user: "guest", password: "guestSecret1")
                #expect(guest.errors.contains("locked"), "\(guest.errors)")
            }
        }
    }

    @Test func anImageOfAServerThatRunsStartsAsAClone() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            var acknowledged = 0
            var identity: [[String?]] = []
            try await TestServer.with(engine) { server in
                try await fill(server)
                try server.administration(
                    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1, SOURCE_USER = 'x'")
                identity = try server.administration("SELECT @@server_uuid")
                written = try await MariaDBServerTests.underLoad(server) { count in
                    try await server.image(at: "\(folder)/image") { acknowledged = count() }
                }
                let means = try await engine.backUp(
                    server.plan, to: "\(folder)/x", build: server.build, user: TestUser.server)
                #expect(means == "clone plugin" && FileManager.default.fileExists(atPath: "\(folder)/x/ibdata1"))
            }
            try await TestServer.with(
                engine, profile: .clone(isDurable: false), on: "\(folder)/image", preparing: TestServer.detached
            ) { server in
                #expect(try server.administration("SELECT @@skip_replica_start") == [["1"]])
                try await engine.open(server.plan)
                let rows = Int(try server.administration("SELECT COUNT(*) FROM data.ticks")[0][0] ?? "") ?? 0
                #expect((written.before...written.after).contains(rows), "\(rows) of \(written)")
                #expect(rows >= acknowledged, "what was acknowledged before the image is in it")
                #expect(try server.administration("SHOW REPLICA STATUS").isEmpty)
                #expect(try server.administration("SELECT @@server_uuid") != identity)
                #expect(try server.administration("CHECK TABLE data.ticks EXTENDED").last?.last == "OK")
                let before = try server.administration("SELECT COUNT(*) FROM data.log WHERE words = 'event'")
                try await Task.sleep(for: .milliseconds(1200))
                #expect(try server.administration("SELECT COUNT(*) FROM data.log WHERE words = 'event'") == before)
            }
        }
    }
}
