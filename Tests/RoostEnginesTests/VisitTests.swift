import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// A visit of a server shows whether clients are let in and whether its files are there.
@Suite struct VisitTests {
    // MARK: Let in

    /// The server's rows for the two databases, and the reported fault.
    @Test(
        arguments: [
            ([["app", "t", "-1", "t"], ["more", "t", "-1", "t"]], nil),
            ([["app", "t", "20", "t"], ["more", "t", "-1", nil]], nil),
            ([["app", "t", "0", "t"], ["more", "t", "-1", "t"]], #"ALTER DATABASE "app" CONNECTION LIMIT -1"#),
            ([["app", "t", "-1", "t"], ["more", "f", "-1", "t"]], #"ALTER DATABASE "more" ALLOW_CONNECTIONS true"#),
            ([["app", "t", "-1", "f"], ["more", "t", "-1", "t"]], #"GRANT CONNECT ON DATABASE "app""#),
            ([["app", "t", "-2", "t"], ["more", "t", "-1", "t"]], "only partially dropped"),
            ([["more", "t", "-1", "t"]], "its database 'app' is missing"),
        ] as [([[String?]], String?)])
    func aDatabaseThatLetsNobodyInIsToldWithTheWayOut(_ rows: [[String?]], _ words: String?) throws {
        let plan = try TestServer.plan(folder: "/nowhere", databases: ["app", "more"])
        let refusal = PostgreSQLReach(plan: plan).refusal(rows)
        #expect((refusal == nil) == (words == nil), "\(refusal ?? "")")
        if let words { #expect(refusal?.contains(words) == true, "\(refusal ?? "")") }
    }

    @Test func aDroppedDatabaseOfMariaDBAndMySQLIsTold() {
        #expect(Administration.refusal(["app", "more"], standing: ["app", "more", "own"]) == nil)
        #expect(Administration.refusal(["app", "more"], standing: ["app"])?.contains("'more' is missing") == true)
    }

    @Test func whatAnErrorOnTheWaySays() {
        #expect(Administration.visit(ClientFault(code: 2013, message: "lost")) == .silence)
        #expect(Administration.visit(ClientFault(code: 1040, message: "Too many connections")).refusal != nil)
        // Refused credentials do not fail the visit: they are reported and repaired as a lock-out.
        #expect(Administration.visit(ClientFault(code: 1045, message: "denied")) == .welcome)
        #expect(Redis.visit(.refused("ERR max number of clients reached")).refusal?.contains("maxclients") == true)
        #expect(Redis.visit(.unanswered("time-out")) == .silence)
        #expect(Redis.visit(.refused("BUSY a script runs")) == .welcome)
    }

    // MARK: Files

    @Test func whichRemovedFilesMariaDBAndMySQLCannotDoWithout() {
        let files = MySQLFiles([
            "ibdata1", "ib_logfile0", "ib_logfile101", "undo001", "undo_001", "undo_x.ibu", "mysql.ibd",
            "aria_log_control",
            "app/kept.ibd", "app/#sql-alter-1-2.ibd", "app/#sql-ib12.ibd", "#innodb_temp/temp_1.ibt", "ibtmp1",
            "app/old.MAD", "app/old.MAI", "app/#sql-1.MYD", "binlog.000001", "ibXyz", "app/db.opt", "undo_1_trunc.log",
            "#innodb_redo/#ib_redo12", "#innodb_redo/#ib_redo13_tmp",
        ])
        #expect(
            files.essential == [
                "ibdata1", "ib_logfile0", "undo001", "undo_001", "mysql.ibd", "aria_log_control",
                "#innodb_redo/#ib_redo12",
            ])
        #expect(files.tablespaces == ["app/kept.ibd"])
        #expect(files.tables.map(\.file) == ["app/old.MAD", "app/old.MAI"])
        #expect(files.tables.map(\.definition) == ["app/old.frm", "app/old.frm"])
        let query = TablespaceCatalogue(column: "FILENAME", table: "T").query(["app/it's.ibd"])
        #expect(query == "SELECT FILENAME FROM information_schema.T WHERE FILENAME IN ('./app/it''s.ibd')")
    }

    @Test func whichFilesOfABinaryLogAServerCannotDoWithout() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "visit-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(BinaryLogs(directory: folder.path).missing == ["binlog.index"])
        try Data("./binlog.000001\n./binlog.000002\n".utf8).write(to: folder.appending(path: "binlog.index"))
        for name in ["binlog.000001", "binlog.000002"] { try Data().write(to: folder.appending(path: name)) }
        #expect(BinaryLogs(directory: folder.path).missing.isEmpty && BinaryLogs(directory: folder.path).remark == nil)
        try FileManager.default.removeItem(at: folder.appending(path: "binlog.000001"))
        let older = BinaryLogs(directory: folder.path)
        #expect(older.missing.isEmpty && older.remark?.files == ["binlog.000001"])
        try FileManager.default.removeItem(at: folder.appending(path: "binlog.000002"))
        let both = BinaryLogs(directory: folder.path)
        #expect(both.missing == ["binlog.000002"] && both.remark?.files == ["binlog.000001"])
    }

    @Test func whatTheRowsOfADatabasesRelationsSay() {
        let found = PostgreSQLReach.Found(
            [["r", "app.t", "base/5/10.1"], ["i", "app.t_key", "base/5/11"], ["S", "app.s", nil]], in: "more")
        #expect(found.missing == ["base/5/10.1"])
        #expect(found.remark?.files == ["base/5/11"])
        #expect(found.remark?.words.contains("app.t_key of the database more") == true)
        #expect(PostgreSQLReach.Found([], in: "more").remark == nil)
        let words = #"FATAL:  could not open file "base/5/1259": No such file or directory"#
        #expect(PostgreSQLReach.missing(words) == "base/5/1259")
        #expect(PostgreSQLReach.missing(#"FATAL:  database "x" does not exist"#) == nil)
    }

    /// A visit costs one connection a database. It always looks through the service's first database, through one of
    /// the others in turn, and through each database that a file was missing of until all are there.
    @Test func whichDatabasesAVisitLooksThrough() {
        let rows: [[String?]] = [["5", "app"], ["6", "b"], ["7", "c"], ["8", "d"]]
        func chosen(_ turn: Int, _ suspects: [String] = []) -> [String] {
            PostgreSQLReach.chosen(rows, VisitAim(suspects: suspects, turn: turn))
        }
        #expect((0...3).map { chosen($0) } == [["app", "b"], ["app", "c"], ["app", "d"], ["app", "b"]])
        #expect(chosen(0, ["base/8/2619"]) == ["app", "d"])
        #expect(chosen(2, ["base/6/1", "pg_tblspc/9/PG_15_1/7/1"]) == ["app", "b", "c"])
        #expect(chosen(0, ["base/5/2619", "pg_wal/1"]) == ["app", "b"])
        #expect(PostgreSQLReach.chosen([["5", "app"]], VisitAim(turn: 3)) == ["app"])
        #expect(PostgreSQLReach.chosen([], VisitAim()).isEmpty)
    }

    @Test func whichFilesOfARedisLogAreInUse() throws {
        let manifest = """
            file appendonly.aof.2.base.rdb seq 2 type b
            file appendonly.aof.1.incr.aof seq 1 type h
            file appendonly.aof.2.incr.aof seq 2 type i
            file ../elsewhere seq 3 type i
            """
        #expect(RedisLogManifest.current(manifest) == ["appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "visit-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = folder.appending(path: RedisData.logFolder)
        try FileManager.default.createDirectory(at: log, withIntermediateDirectories: true)
        let data = RedisData(folder: folder.path)
        #expect(data.missingLogs == [], "there is no list yet")
        try Data(manifest.utf8).write(to: log.appending(path: RedisData.manifestFile))
        try Data().write(to: log.appending(path: "appendonly.aof.2.base.rdb"))
        #expect(data.missingLogs == ["appendonlydir/appendonly.aof.2.incr.aof"])
    }

    @Test func whichRemovedFilesMongoDBCannotDoWithout() {
        let files = MongoDBFiles([
            "_mdb_catalog.wt", "collection-7-12.wt", "index-8-12.wt", "journal/WiredTigerLog.0000000001",
            "WiredTigerHS.wt", "_tmp/extsort.1", "journal/WiredTigerPreplog.0000000001",
        ])
        #expect(
            files.essential == ["_mdb_catalog.wt", "journal/WiredTigerLog.0000000001", "WiredTigerHS.wt"])
        #expect(files.tables.map(MongoDBFiles.ident) == ["collection-7-12", "index-8-12"])
        let idents = MongoDBFiles.idents([
            ["ident": "collection-7-12", "idxIdent": ["_id_": "index-8-12", "name_1": "index-9-12"]], ["ns": "a.view"],
        ])
        #expect(idents == ["collection-7-12", "index-8-12", "index-9-12"])
    }
}
