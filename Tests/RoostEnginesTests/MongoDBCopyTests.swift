import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Images, templates and clones of real servers.
@Suite(
    .serialized, .enabled(if: TestMongo.isHere, "there is no mongod; scripts/setup --tests fetches one"),
    Seed(TestMongo.engine), .timeLimit(.minutes(5)))
struct MongoDBCopyTests {
    let engine = TestMongo.engine

    // MARK: Live images

    @Test func aCloneOfALiveServerHoldsEveryAcknowledgedWriteAndIsASetOfItsOwn() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            try server.asUser(["createIndexes": "left", "indexes": [["key": ["n": 1], "name": "by_n"]]])
            try server.asUser(["create": "right"])
            let original = try server.replicaSetID()
            let writer = TestWriter()
            let session = try TransactionSession(server)
            try await writer.during({ (n: Int64) throws(MongoFault) in try session.write(n) }) {
                try await writer.wait(until: 200)
                try await engine.settle(server.plan.address)
                let settled = writer.acknowledged
                // The writes from here on are in the oplog alone.
                try await writer.wait(until: settled + 200)
                try await server.withImage(settled: false, counting: writer) { image, count in
                    try await engine.resetIdentity(directory: image, build: server.build, user: TestUser.server)
                    try await TestServer.onCopy(of: image, engine, .clone(isDurable: false)) { clone in
                        #expect(await engine.probe(clone.plan.address) == .closed)
                        try await engine.open(clone.plan)
                        try Self.holds(clone, atLeast: count, atMost: count + 1)
                        try await Self.isItsOwn(clone, original: original)
                    }
                }
                let then = writer.acknowledged
                try await writer.wait(until: then + 10)
            }
        }
    }

    private static func holds(_ clone: TestServer, atLeast: Int64, atMost: Int64) throws {
        // Counted by a scan: the number that a collection stores about itself may be wrong after any crash.
        func counted(_ name: String) throws -> Int64? {
            try clone.asUser(["count": .string(name), "query": ["n": ["$gte": 0]]])["n"]?.number
        }
        let count = try counted("left") ?? 0
        #expect((atLeast...atMost).contains(count), "\(count) of \(atLeast) to \(atMost)")
        #expect(try counted("right") == count, "a transaction is there in full")
        let last = try clone.asUser(["count": "left", "query": ["n": ["$lt": .int(count)]], "hint": "by_n"])
        #expect(last["n"]?.number == count, "no number is missing, and the index says so, too")
        for name in ["left", "right"] {
            #expect(try clone.system(["validate": .string(name), "full": true], on: "data")["valid"]?.isTrue == true)
        }
    }

    private static func isItsOwn(_ clone: TestServer, original: BSONValue) async throws {
        let configuration = try #require(try clone.system(["replSetGetConfig": 1])["config"]?.document)
        #expect(configuration["_id"]?.text == "clones.one")
        #expect(configuration["writeConcernMajorityJournalDefault"] == .bool(false))
        let host = configuration["members"]?.items?.first?.document?["host"]?.text
        #expect(configuration["members"]?.items?.count == 1 && host == clone.plan.memberAddress)
        #expect(try clone.replicaSetID() != original)
        let log = try clone.system(["find": "oplog.rs", "limit": 1], on: "local")
        let first = log["cursor"]?.document?["firstBatch"]?.items?.first?.document
        #expect(first?["o"]?.document?["msg"]?.text == "initiating set", "nothing of the original's is in its log")

        try TransactionSession(clone).write(1_000_000)
        #expect(try clone.asUser(["count": "right", "query": ["n": 1_000_000]])["n"]?.number == 1)
        for (user, password) in [("root", "shownSecret1"), ("cook", "cookSecret1")] {
            #expect(
                try clone.refusal(["ping": 1], user: user, password: password)
                    == MongoFault.Code.authenticationFailed)
        }
        #expect(try await clone.engine.accounts().users(clone.plan).map(\.name) == ["root"])
        try await clone.restart()
        try await clone.engine.open(clone.plan)
        #expect(try clone.asUser(["count": "right", "query": ["n": 1_000_000]])["n"]?.number == 1)
    }

    @Test func aDirectoryThatHoldsNoSetIsDetachedAsWell() async throws {
        let build = try #require(engine.builds().first)
        try await TestServer.with(engine) { server in
            // The server was started and never opened.
            try await server.withImage(settled: false) { image, _ in
                try await engine.resetIdentity(directory: image, build: build, user: TestUser.server)
                try await TestServer.onCopy(of: image, engine, .clone(isDurable: true)) { clone in
                    try await engine.open(clone.plan)
                    try clone.asUser(["insert": "t", "documents": [["n": 1]]])
                    let configuration = try clone.system(["replSetGetConfig": 1])["config"]?.document
                    #expect(configuration?["writeConcernMajorityJournalDefault"] == .bool(true))
                }
            }
        }
    }

    @Test func aConversionCutShortIsBegunAgain() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            for n in Int64(0)..<100 { try server.asUser(["insert": "t", "documents": [["_id": .int(n)]]]) }
            try await server.withImage(settled: false) { image, _ in
                let first = LoneServer(
                    program: try #require(server.build.programs["mongod"]), directory: image, user: TestUser.server,
                    parameters: ["recoverFromOplogAsStandalone=true", "takeUnstableCheckpointOnShutdown=true"],
                    patience: .seconds(60))
                for _ in 0..<2 { #expect(try await first.run { _ in }.succeeded) }
                let second = LoneServer(
                    program: first.program, directory: image, user: TestUser.server,
                    parameters: ["wiredTigerSkipTableLoggingChecksOnStartup=true"], patience: .seconds(60))
                // The conversion ends before its last step, as when roostd dies.
                await #expect(throws: EngineError.self) {
                    try await second.run { connection throws(MongoFault) in
                        try connection.run(["dropDatabase": 1], on: "local")
                        throw MongoFault(code: 1, message: "cut short")
                    }
                }
                try await engine.resetIdentity(directory: image, build: server.build, user: TestUser.server)
                try await TestServer.onCopy(of: image, engine, .clone(isDurable: false)) { clone in
                    try await engine.open(clone.plan)
                    #expect(try clone.asUser(["count": "t"])["n"]?.number == 100)
                }
            }
        }
    }

    // MARK: Templates

    @Test func aTemplateIsMaskedFinalisedAndDetachedOnce() async throws {
        try await TestServer.with(engine, reshaped: { $0.copied(.building) }) { server in
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            #expect(try await engine.filledDatabases(server.plan) == [])
            let script = """
                {"insert": "people", "documents": [{"_id": 1, "name": "Ada"}, {"_id": 2, "name": "Bob"}]}

                // masks
                {"update": "people", "updates": [{"q": {}, "u": {"$set": {"name": "N. N."}}, "multi": true}]}
                """
            try await engine.run(script: script, server.plan, build: server.build, user: TestUser.server)
            #expect(try await engine.filledDatabases(server.plan) == ["data"])
            try await engine.finalise(server.plan)
            #expect(try await engine.users(server.plan).map(\.name) == ["root"])
            server.stop()
            let data = server.plan.folders.data
            try TestFolder.make("\(data)/diagnostic.data")
            try engine.strip(directory: data)
            try await engine.resetIdentity(directory: data, build: server.build, user: TestUser.server)
            #expect(engine.versionOfData(at: data) == server.build.identity.version)
            let spare = try FileManager.default.contentsOfDirectory(atPath: data)
            #expect(!spare.contains("diagnostic.data") && !spare.contains("mongod.lock"))
            // The second time no program is run: this build has none.
            let none = EngineBuild(identity: server.build.identity, programs: [:], origin: "test", programFolders: [])
            try engine.strip(directory: data)
            try await engine.resetIdentity(directory: data, build: none, user: TestUser.server)

            try await TestServer.onCopy(of: data, engine, .clone(isDurable: false)) { clone in
                try await engine.open(clone.plan)
                #expect(try clone.asUser(["count": "people", "query": ["name": "N. N."]])["n"]?.number == 2)
                #expect(try clone.asUser(["count": "people"])["n"]?.number == 2, "known after a clean stop")
                #expect(try clone.refusal(["ping": 1], user: "cook", password: "cookSecret1") != nil)
                // A directory that a server ran on has its identity reset anew, whatever the template's mark says.
                try await clone.withImage { image, _ in
                    await #expect(throws: EngineError.programMissing("mongod")) {
                        try await engine.resetIdentity(directory: image, build: none, user: TestUser.server)
                    }
                }
            }
        }
    }

    @Test func aScriptEndsAtItsFirstFailureAndSaysWhere() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let unknown = await server.failure(
                "\n{\"insert\": \"a\", \"documents\": [{}]}\r\n{\"fly\": 1}\n{\"create\": \"b\"}")
            #expect(unknown.contains("line 3: no such command: 'fly'"), "\(unknown)")
            #expect(try server.asUser(["listCollections": 1])["cursor"]?.document?["firstBatch"]?.items?.count == 1)
            let twice = "{\"insert\": \"c\", \"documents\": [{\"_id\": 1}]}\n"
            let unwritten = await server.failure(twice + twice)
            #expect(unwritten.contains("line 2: E11000 duplicate key"), "\(unwritten)")
            let broken = await server.failure("{\"ping\": 1}\n{\"insert\":")
            #expect(broken.contains("line 2: invalid document"), "\(broken)")
            if MongoDB.path(of: "mongosh", besides: server.build.programFolders) == nil {
                #expect(await server.failure("db.people.updateMany({}, {})").contains("'mongosh'"))
            }
        }
    }

    // MARK: Archives

    @Test(.enabled(if: MongoDB.path(of: "mongorestore", besides: []) == nil, "there is a mongorestore here"))
    func anArchiveWithoutItsProgramIsRefusedWithAdvice() async throws {
        let plan = try TestServer.plan(folder: "/x")
        let build = try #require(engine.builds().first)
        let dump = Dump(path: "/x/dump.archive", format: .mongoArchive, compression: .none)
        do throws(EngineError) {
            _ = try await engine.load(dump, into: plan, LoadTerms(), build: build, user: nil) { _ in }
            Issue.record("there is nothing to load it with")
        } catch {
            guard case .clientMissing(let advice) = error else { throw error }
            #expect(advice.contains("mongodb-database-tools"))
        }
    }

    /// The program is a stand-in: the test checks its arguments and how its answer is read.
    @Test(arguments: Dump.Compression.allCases)
    func anArchiveGoesToItsProgramDecompressed(_ compression: Dump.Compression) async throws {
        let tools = try StandInTools()
        defer { tools.remove() }
        let plan = try TestServer.plan(folder: "/x")
        let build = EngineBuild(
            identity: try #require(engine.builds().first).identity, programs: [:], origin: "test",
            programFolders: [tools.folder])
        let dump = try tools.dump("an archive", compression)
        let seen = Progress()
        _ = try await engine.load(dump, into: plan, LoadTerms(), build: build, user: TestUser.server) { seen.note($0) }
        #expect(try tools.text("input") == "an archive")
        let arguments = try tools.text("arguments")
        #expect(arguments.contains("--archive --stopOnError") && !arguments.contains(plan.administrationPassword))
        #expect(
            try tools.text("settings").contains(
                "mongodb://__system:administrationSecret1@%2Fx%2Frun%2Fserver.sock/data?"))
        #expect(seen.last?.bytesTotal == Int64(try Data(contentsOf: URL(filePath: dump.path)).count))

        let broken = try tools.dump("broken", compression)
        let refusal = await #expect(throws: EngineError.self) {
            _ = try await engine.load(broken, into: plan, LoadTerms(), build: build, user: TestUser.server) { _ in }
        }
        #expect("\(try #require(refusal))".hasSuffix("exit status 1: shop.orders: no such thing"))
        let empty = try tools.dump("empty", compression)
        let nothing = await #expect(throws: EngineError.self) {
            _ = try await engine.load(empty, into: plan, LoadTerms(), build: build, user: TestUser.server) { _ in }
        }
        #expect("\(try #require(nothing))".contains("no collections to restore"))
    }

    @Test(arguments: [
        ("2026\t0 document(s) restored successfully. 0 document(s) failed to restore.\n", false), ("", false),
        ("2026\t12 document(s) restored successfully. 0 document(s) failed to restore.\n", true),
        (
            "2026\tfinished restoring shop.orders (0 documents, 0 failures)\n2026\t0 document(s) restored successfully.",
            true
        ),
        ("2026\tpreparing collections to restore from\n", false),
    ])
    func whatWasRestoredIsTakenFromTheProgramsWords(_ words: String, _ isSomething: Bool) {
        #expect(MongoDB.restored(words) == isSomething)
    }
}

/// A session whose every write is a transaction over two collections. Commands that follow one another on a
/// connection get the same session from the client library.
private struct TransactionSession {
    private let connection: MongoConnection

    init(_ server: TestServer) throws {
        connection = try MongoConnection(
            server.plan.folders.socket, .user(server.plan.applicationUser, password: server.plan.applicationPassword),
            .administration)
    }

    func write(_ n: Int64) throws(MongoFault) {
        var insert: BSONDocument = ["insert": "left", "documents": [["n": .int(n)]]]
        try run(insert, n, on: "data", "startTransaction")
        insert["insert"] = "right"
        try run(insert, n, on: "data", nil)
        try run(["commitTransaction": 1, "writeConcern": ["w": "majority"]], n, on: "admin", nil)
    }

    private func run(_ command: BSONDocument, _ n: Int64, on database: String, _ first: String?) throws(MongoFault) {
        var command = command
        command["txnNumber"] = ["$numberLong": .string("\(n + 1)")]
        command["autocommit"] = false
        if let first { command[first] = true }
        if let fault = MongoFault(writes: try connection.run(command, on: database)) { throw fault }
    }
}

extension TestServer {
    fileprivate func replicaSetID() throws -> BSONValue {
        let configuration = try system(["replSetGetConfig": 1])["config"]?.document
        return try #require(configuration?["settings"]?.document?["replicaSetId"])
    }
}
