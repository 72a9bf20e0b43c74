import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MariaDBServerTests {
    /// A service with a bit of everything that a dump holds.
    static func fill(_ server: TestServer) async throws {
        try await server.engine.open(server.plan)
        let statements = [
            "CREATE USER guest@'%' IDENTIFIED BY 'guestSecret1'", "GRANT ALL ON data.* TO guest@'%'", "USE data",
            "CREATE TABLE dish (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(200), picture BLOB)",
            "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, words TEXT)",
            "INSERT INTO dish (name, picture) SELECT CONCAT('it''s; \\\\ \"', seq, '`'), CHAR(0, 13, 10, 39, 92) "
                + "FROM seq_1_to_500",
            "CREATE DEFINER = root@'%' VIEW plain AS SELECT id FROM dish WHERE name NOT LIKE '%;%--'",
            "CREATE DEFINER = nobody@'%' VIEW orphan AS SELECT COUNT(*) AS n FROM dish",
            "CREATE TRIGGER noted AFTER INSERT ON dish FOR EACH ROW BEGIN INSERT INTO log (words) VALUES (NEW.name); END",
            "CREATE PROCEDURE twice() BEGIN SELECT 1; SELECT 2; END",
            "CREATE EVENT hourly ON SCHEDULE EVERY 1 SECOND DO INSERT INTO log (words) VALUES ('event')",
            "INSERT INTO dish (name) VALUES ('last')",
        ]
        let connection = try ServerConnection(server.plan.address, .administration)
        for statement in statements { try connection.run(statement) }
    }

    /// The server's dump by the engine's own program.
    static func dump(_ server: TestServer, _ more: [String] = []) throws -> String {
        let outcome = try server.client(["mariadb-dump", "--events", "--routines", "--hex-blob"] + more + ["data"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    static let counts =
        "SELECT (SELECT COUNT(*) FROM data.dish), (SELECT COUNT(*) FROM data.log), (SELECT COUNT(*) FROM data.plain), "
        + "(SELECT COUNT(DISTINCT picture) FROM data.dish), "
        + "(SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'data'), "
        + "(SELECT COUNT(*) FROM information_schema.EVENTS), (SELECT COUNT(*) FROM information_schema.ROUTINES "
        + "WHERE ROUTINE_SCHEMA = 'data')"
    static let counted: [[String?]] = [["501", "1", "501", "1", "1", "1", "1"]]

    @Test func aDumpBecomesATemplateAndItsCloneIsAServerOfItsOwn() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with { server in
                try await Self.fill(server)
                text = try Self.dump(server)
            }
            for dump in try CopyFolder.dumps(text, in: folder) {
                try await TestServer.with(profile: .building) { server in
                    try await engine.open(server.plan)
                    let progress = ProgressLog()
                    try await server.load(dump, progress)
                    #expect(try server.administration(Self.counts) == Self.counted, "\(dump.compression)")
                    let last = try #require(progress.last)
                    #expect(last.bytesRead == last.bytesTotal && last.bytesTotal > 1000 && progress.isMonotonic)
                    #expect((20...140).contains(last.statements), "\(last.statements)")
                    #expect(try await engine.filledDatabases(server.plan) == ["data"])
                    try server.administration("CREATE USER old@'%' IDENTIFIED BY 'oldSecret1'")
                    if dump.compression == .none { try await server.becomeTemplate(at: "\(folder)/template") }
                }
            }
            try await TestServer.with(
                config: ["event_scheduler": "ON"], profile: .clone(isDurable: false), on: "\(folder)/template",
                preparing: TestServer.detached
            ) { server in try await checkClone(server) }
        }
    }

    /// From 11 on a copy begins with a start that only commits prepared transactions. That start ends before it would
    /// undo an unfinished CREATE, ALTER or DROP: the start that serves does so, and needs the server's log of them.
    @Test func theLogOfUnfinishedStatementsOutlivesTheRecoveryOfAnImage() async throws {
        try await TestServer.with { server in
            try await server.engine.open(server.plan)
            try server.administration("CREATE TABLE data.moving (a INT)")
            try await server.withImage { image, _ in
                let log = URL(filePath: "\(image)/ddl_recovery.log")
                let before = try Data(contentsOf: log)
                try await TestServer.mariadb.recover(directory: image, build: server.build, user: TestUser.server)
                #expect(FileManager.default.contents(atPath: log.path) == before, "\(server.build.identity)")
                let names = try FileManager.default.contentsOfDirectory(atPath: image)
                #expect(!names.contains { $0.hasPrefix("heuristic") }, "\(names)")
            }
        }
    }

    private func checkClone(_ server: TestServer) async throws {
        #expect(await engine.probe(server.plan.address) == .closed)
        try await engine.open(server.plan)
        #expect(await engine.probe(server.plan.address) == .healthy)
        let rows = try server.client(["mariadb", "-Ne", "SELECT COUNT(*) FROM dish; INSERT INTO log () VALUES ()"])
        #expect(rows.output == "501\n", "\(rows.errors)")
        #expect(try server.client(["mariadb", "-e", "SELECT 1"], password: "shownSecret1").status != 0)
        let old = try server.client(["mariadb", "-e", "SELECT 1"], user: "old", password: "oldSecret1")
        #expect(old.errors.contains("locked"), "\(old.errors)")
        let settings = try server.administration(
            "SELECT @@log_bin, @@event_scheduler, @@performance_schema, @@innodb_doublewrite = 'OFF' OR @@innodb_doublewrite = 0, @@innodb_flush_method, "
                + "@@gtid_slave_pos")
        #expect(settings == [["0", "OFF", "0", "1", "nosync", ""]])
        #expect(try server.administration("SHOW ALL SLAVES STATUS").isEmpty)
        let logs = try server.files.filter { $0.hasPrefix("binlog") || $0.hasPrefix("relay") }
        #expect(logs.isEmpty)
        let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
        for words in ["[ERROR]", "recovery", "Resizing", "ERROR:"] { #expect(!log.contains(words), "\(log)") }
        // Clients that were refused above, and probes of whether the server listens yet.
        let expected = [
            "Access denied", "closed normally without authentication",
            // The option has no replacement yet.
            "--innodb-flush-method is deprecated",
        ]
        let warnings = log.split(separator: "\n").filter { line in
            line.contains("[Warning]") && !expected.contains { line.contains($0) }
        }
        #expect(warnings.isEmpty)
        // The view's definer was never here, so the view runs as a locked account.
        let orphan = try server.client(["mariadb", "-Ne", "SELECT * FROM orphan"])
        #expect(orphan.output == "501\n", "\(orphan)")
        let nobody = try server.client(["mariadb", "-e", "SELECT 1"], user: "nobody", password: "")
        #expect(nobody.status != 0)
    }

    @Test func aStatementThatFailsIsShownWithItsLine() async throws {
        try await CopyFolder.with { folder in
            let filler = (1...5_000).map { "INSERT INTO t VALUES ('\($0); --\\'');\n" }.joined()
            let text =
                "CREATE TABLE t (a VARCHAR(40));\n/* a;\n comment */\nSTART TRANSACTION;\n\(filler)-- here\nINSERT INTO\n"
                + "  missing VALUES (1);\n\(filler)COMMIT;\n"
            for dump in try CopyFolder.dumps(text, in: folder) {
                try await TestServer.with(profile: .building) { server in
                    try await engine.open(server.plan)
                    let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                    guard case .loadFailed(let line, let statement, let message) = error else {
                        Issue.record("\(String(describing: error))")
                        return
                    }
                    #expect(line == 5_006 && statement == "INSERT INTO missing VALUES (1)", "\(statement ?? "")")
                    #expect(message.contains("1146") && message.contains("missing"), "\(message)")
                    // Roost's own way in is as it was.
                    #expect(try await engine.filledDatabases(server.plan) == ["data"])
                }
            }
        }
    }

    @Test func aDamagedDumpIsNoDump() async throws {
        try await CopyFolder.with { folder in
            let text = (1...5000).map { "INSERT INTO t VALUES (\($0 * 7919 % 10007));\n" }.joined()
            let dumps = try CopyFolder.dumps("CREATE TABLE t (a INT);\n" + text, in: folder)
            try await TestServer.with(profile: .building) { server in
                try await engine.open(server.plan)
                for dump in dumps.dropFirst() {
                    let bytes = try Data(contentsOf: URL(filePath: dump.path))
                    try bytes.prefix(bytes.count / 2).write(to: URL(filePath: dump.path))
                    try server.administration("DROP TABLE IF EXISTS data.t")
                    let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                    let words = "\(String(describing: error))"
                    #expect(words.contains("unexpected end") || words.contains("premature"), "\(words)")
                }
                let missing = Dump(path: "\(folder)/none.sql", format: .sql, compression: .none)
                await #expect(throws: EngineError.self) { try await server.load(missing) }
            }
        }
    }

    @Test func aDumpOfAllDatabasesLocksRoostOutOfNothing() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with { server in
                try await Self.fill(server)
                text =
                    "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n"
                    + "4e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';\n"
                let program = try #require(server.build.programs["mariadb-dump"])
                let outcome = try TestProgram.outcome(
                    program,
                    [
                        "--no-defaults", "-S", server.plan.folders.socket, "-u", "roost_admin", "--all-databases",
                        "--flush-privileges",
                        "--single-transaction",
                    ],
                    environment: ["MYSQL_PWD": server.plan.administrationPassword])
                #expect(outcome.status == 0, "\(outcome.errors)")
                text += outcome.output
            }
            let dump = try #require(try CopyFolder.dumps(text, in: folder).first)
            try await TestServer.with(profile: .building) { server in
                server.plan = server.plan.withNewPasswords()
                try await server.restart()
                try await engine.open(server.plan)
                try await server.load(dump)
                #expect(try server.administration("SELECT COUNT(*) FROM data.dish") == [["501"]])
                try await engine.finalise(server.plan)
                #expect(try server.client(["mariadb", "-e", "SELECT 1"]).status == 0)
                let guest = try server.client(["mariadb", "-e", "SELECT 1"], user: "guest", password: "guestSecret1")
                #expect(guest.errors.contains("locked"), "\(guest.errors)")
            }
        }
    }

    @Test func aScriptMasksAndItsErrorsAreShown() async throws {
        try await TestServer.with(profile: .building) { server in
            try await Self.fill(server)
            func run(_ script: String) async throws {
                try await engine.run(script: script, server.plan, build: server.build, user: TestUser.server)
            }
            try await run("UPDATE dish SET name = CONCAT('masked; ', id);\nDELETE FROM log;")
            #expect(try server.administration("SELECT COUNT(*) FROM data.dish WHERE name LIKE 'masked;%'") == [["501"]])
            // The dump contains a client command, which must not be run.
            let error = await #expect(throws: EngineError.self) {
                try await run("SELECT 1;\n\nUPDATE dish SET nme = 1;\n")
            }
            guard case .loadFailed(3, "UPDATE dish SET nme = 1", let message) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.contains("nme"))
            await #expect(throws: EngineError.self) { try await run("\\! touch \(server.folder)/run/owned\n;") }
            #expect(!FileManager.default.fileExists(atPath: "\(server.folder)/run/owned"))
        }
    }

    // MARK: Of a server that runs

    /// Writes rows one after the other while `body` runs; returns how many were acknowledged before it, and
    /// how many there can be that were begun before its end.
    /// The body may ask how many rows were acknowledged so far.
    static func underLoad(
        _ server: TestServer, _ body: (_ acknowledged: @escaping @Sendable () -> Int) async throws -> Void
    ) async throws -> (before: Int, after: Int) {
        let rows = Acknowledged()
        try server.administration("CREATE TABLE data.ticks (n INT PRIMARY KEY AUTO_INCREMENT, t TEXT)")
        let address = server.plan.address
        let count = { try Int(server.administration("SELECT COUNT(*) FROM data.ticks")[0][0] ?? "0") ?? 0 }
        let writers = (0..<2).map { _ in
            Task.detached {
                let connection = try ServerConnection(address, .administration)
                while !Task.isCancelled {
                    // The writers use other threads than those that the test itself needs.
                    _ = try await AdministrationThreads.run { () throws(ClientFault) in
                        try connection.run("INSERT INTO data.ticks (t) VALUES (REPEAT('x', 500))")
                    }.get()
                    rows.add()
                }
            }
        }
        while try count() < 50 { try await Task.sleep(for: .milliseconds(5)) }
        let before = try count()
        try await body { rows.count }
        // A writer may have one row under way that is counted a moment later.
        let after = try count() + writers.count
        for writer in writers {
            writer.cancel()
            // Any other error is one that a writer has seen.
            if case .failure(let error) = await writer.result, !(error is CancellationError) { throw error }
        }
        return (before, after)
    }

    @Test func anImageOfAServerThatRunsStartsAsAClone() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            var acknowledged = 0
            try await TestServer.with { server in
                try await Self.fill(server)
                try server.administration("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='x', MASTER_PORT=1")
                written = try await Self.underLoad(server) { count in
                    try await server.image(at: "\(folder)/image") { acknowledged = count() }
                }
            }
            try await TestServer.with(
                profile: .clone(isDurable: false), on: "\(folder)/image", preparing: TestServer.detached
            ) { server in
                try await engine.open(server.plan)
                let rows = Int(try server.administration("SELECT COUNT(*) FROM data.ticks")[0][0] ?? "") ?? 0
                #expect((written.before...written.after).contains(rows), "\(rows) of \(written)")
                #expect(rows >= acknowledged, "what was acknowledged before the image is in it")
                #expect(try server.administration("SHOW ALL SLAVES STATUS").isEmpty)
                #expect(try server.administration("SELECT COUNT(*) FROM data.dish") == [["501"]])
                #expect(try server.administration("CHECK TABLE data.ticks EXTENDED").last?.last == "OK")
                let before = try server.administration("SELECT COUNT(*) FROM data.log WHERE words = 'event'")
                try await Task.sleep(for: .milliseconds(1200))
                #expect(try server.administration("SELECT COUNT(*) FROM data.log WHERE words = 'event'") == before)
            }
        }
    }

    @Test func aBackupHoldsWhatWasAcknowledgedBefore() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            var isOffered = false
            try await TestServer.with { server in
                try await Self.fill(server)
                isOffered = server.build.programs["mariadb-backup"] != nil
                guard isOffered else { return }
                written = try await Self.underLoad(server) { _ in
                    let means = try await engine.backUp(
                        server.plan, to: "\(folder)/backup", build: server.build, user: TestUser.server)
                    #expect(means == "mariadb-backup")
                }
            }
            // A tarball of an older script's has no such program.
            guard isOffered else { return }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["backup"])
            try await TestServer.with(
                profile: .clone(isDurable: true), on: "\(folder)/backup", preparing: TestServer.detached
            ) { server in
                let notes = try server.files.filter { $0.contains("backup") }
                #expect(notes.isEmpty)
                try await engine.open(server.plan)
                let rows = Int(try server.administration("SELECT COUNT(*) FROM data.ticks")[0][0] ?? "") ?? 0
                #expect((written.before...written.after).contains(rows), "\(rows) of \(written)")
                #expect(
                    try server.administration("SELECT @@innodb_flush_log_at_trx_commit, @@log_bin") == [["1", "0"]])
            }
        }
    }
}
