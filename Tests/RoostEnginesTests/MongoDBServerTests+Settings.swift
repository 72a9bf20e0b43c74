import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Accounts and settings of a server that runs.
extension MongoDBServerTests {
    @Test func theShownAccountIsPutRightWhateverPeopleDid() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            let damages: [BSONDocument] = [
                ["updateUser": "root", "pwd": "other"], ["updateUser": "root", "roles": []],
                ["grantRolesToUser": "root", "roles": ["root"]], ["dropUser": "root"], ["dropAllUsersFromDatabase": 1],
                ["updateUser": "root", "authenticationRestrictions": [["clientSource": ["192.0.2.1"]]]],
            ]
            for damage in damages {
                try server.system(damage)
                try await engine.applyAccounts(server.plan)
                #expect(try server.refusal(["insert": "t", "documents": [["n": 1]]]) == nil, "\(damage.json)")
                let user = try server.system(["usersInfo": .string("root")])["users"]?.items?.first?.document
                #expect(user.map { MongoDBAccounts.isShownAccount($0) } == true, "\(damage.json)")
            }
            // No command can remove Roost's own account.
            #expect(throws: MongoFault.self) {
                try server.system(["createUser": "__system", "pwd": "x", "roles": []], on: "local")
            }
        }
    }

    @Test func theShownAccountMakesDatabasesAndUsersAndRunsNoServer() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            #expect(try server.refusal(["insert": "t", "documents": [["n": 1]]], on: "another") == nil)
            let user: BSONDocument = ["createUser": "own", "pwd": "x", "roles": ["readWrite"]]
            #expect(try server.refusal(user, on: "another") == nil)
            #expect(try server.refusal(["serverStatus": 1], on: "admin") == nil)
            let refused: [BSONDocument] = [
                ["shutdown": 1], ["replSetStepDown": 10], ["setParameter": 1, "logLevel": 1],
                ["replSetReconfig": [:], "force": true], ["fsync": 1, "lock": true],
            ]
            for command in refused {
                #expect(try server.refusal(command, on: "admin") == 13, "\(command.json)")
            }
        }
    }

    @Test func aRotatedPasswordReplacesTheOld() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            let old = server.plan.applicationPassword
            server.plan = server.plan.rotated(to: "freshSecret1", previous: nil)
            try await engine.applyAccounts(server.plan)
            #expect(try server.refusal(["ping": 1]) == nil)
            #expect(try server.refusal(["ping": 1], password: old) == MongoFault.Code.authenticationFailed)
        }
    }

    @Test func usersHaveTheServicesDatabasesAndNoOther() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            server.plan = server.plan.with(databases: ["data", "wordpress"])
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "c", plan: server.plan)
            await #expect(throws: EngineError.userExists("cook")) {
                try await engine.addUser("cook", password: "c", plan: server.plan)
            }
            #expect(try await engine.users(server.plan).map(\.name) == ["cook", "root"])
            let insert: BSONDocument = ["insert": "t", "documents": [["n": 1]]]
            for (database, code) in [("data", nil), ("wordpress", nil), ("other", 13), ("admin", 13)] {
                #expect(try server.refusal(insert, on: database, user: "cook", password: "c") == code, "\(database)")
            }
            let session = try MongoConnection(
                server.plan.folders.socket, .user("cook", password: "c"), .administration)
            try await engine.removeUser("cook", plan: server.plan)
            #expect(throws: MongoFault.self) { try session.run(insert, on: "data") }
            await #expect(throws: EngineError.userUnknown("cook")) {
                try await engine.removeUser("cook", plan: server.plan)
            }
            for name in ["root", "__system"] {
                await #expect(throws: EngineError.userReserved(name)) {
                    try await engine.removeUser(name, plan: server.plan)
                }
            }
        }
    }

    // MARK: Settings

    @Test func settingsChangeInPlaceWhereTheEngineCanAndAreNamedWhereItCannot() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            let cache = MongoDBSizing(memory: .gibibytes(1)).cacheSetting
            let left = try await engine.applySettings(
                [
                    "setParameter.cursorTimeoutMillis": "60000", "setParameter.notablescan": "true",
                    "operationProfiling.slowOpThresholdMs": "17", "operationProfiling.slowOpSampleRate": "0.5",
                    MongoDBConfiguration.cacheOption: cache, "net.maxIncomingConnections": "99",
                    "setParameter.tcmallocReleaseRate": "2.5", "setParameter.scramSHA256IterationCount": "20000",
                    "setParameter.maxTransactionLockRequestTimeoutMillis": nil,
                    "setParameter.connPoolMaxConnsPerHost": "100",
                ], plan: server.plan)
            #expect(
                left == [
                    "net.maxIncomingConnections", "setParameter.maxTransactionLockRequestTimeoutMillis",
                    "setParameter.connPoolMaxConnsPerHost",
                ])
            #expect(try server.parameter("cursorTimeoutMillis") == "60000")
            #expect(try server.parameter("notablescan") == "true")
            #expect(try server.parameter("tcmallocReleaseRate") == "2.5")
            #expect(try server.system(["profile": -1])["slowms"]?.number == 17)
            #expect(try server.system(["profile": -1])["sampleRate"] == .double(0.5))
            let status = try server.system(["serverStatus": 1])["wiredTiger"]?.document?["cache"]?.document
            #expect(
                status?["maximum bytes configured"]?.number == MongoDBSizing(memory: .gibibytes(1)).cache.bytes)
            await #expect(throws: EngineError.self) {
                _ = try await engine.applySettings(
                    ["setParameter.cursorTimeoutMillis": "soon"], plan: server.plan)
            }
        }
    }

    @Test func everythingInForceCanBeAskedForAgainWithoutARestart() async throws {
        try await TestServer.with(engine, config: ["setParameter.cursorTimeoutMillis": "60000"]) { server in
            try await engine.open(server.plan)
            let effective = engine.launch(server.plan, build: server.build).effective
            _ = try await engine.applySettings(effective.mapValues { $0 }, plan: server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test(arguments: [ByteCount.mebibytes(256), .mebibytes(512), .gibibytes(4)])
    func everySizeIsTakenAsItIs(_ memory: ByteCount) async throws {
        try await TestServer.with(engine, memory: memory) { server in
            let status = try server.system(["serverStatus": 1])["wiredTiger"]?.document?["cache"]?.document
            let sizing = MongoDBSizing(memory: memory)
            #expect(status?["maximum bytes configured"]?.number == sizing.cache.bytes)
            #expect(
                try server.parameter("internalQueryMaxBlockingSortMemoryUsageBytes") == "\(sizing.stage.bytes)")
            let options = try server.system(["getCmdLineOpts": 1])["parsed"]?.document
            #expect(options?["net"]?.document?["maxIncomingConnections"]?.number == sizing.connections)
        }
    }

    // MARK: Asking the engine before anything changes

    static let taken: [[String: String]] = [
        ["setParameter.cursorTimeoutMillis": "60000"],
        ["operationProfiling.mode": "slowOp", "operationProfiling.slowOpThresholdMs": "50"],
        ["net.maxIncomingConnections": "100", "net.compression.compressors": "snappy"],
        ["storage.wiredTiger.collectionConfig.blockCompressor": "zstd"], ["systemLog.component.query.verbosity": "2"],
        ["setParameter.maxTransactionLockRequestTimeoutMillis": "20"], ["security.javascriptEnabled": "false"],
    ]

    @Test(arguments: taken) func theEngineTakes(_ config: [String: String]) async throws {
        let build = try #require(engine.builds().first)
        try await engine.check(config: config, memory: .mebibytes(512), build: build)
    }

    static let refused: [(name: String, value: String, words: String)] = [
        ("bogus", "1", "Unrecognized option: bogus"),
        ("operationProfiling.bogus", "1", "Unrecognized option: operationProfiling.bogus"),
        ("operationProfiling.mode", "loud", "operationProfiling.mode expects 'off', 'slowOp', or 'all'"),
        (
            "operationProfiling.slowOpThresholdMs", "soon",
            "Error parsing option \"operationProfiling.slowOpThresholdMs\" as int"
        ),
        ("setParameter.bogus", "1", "Unknown --setParameter 'bogus'"),
        ("setParameter.cursorTimeoutMillis", "soon", "BadValue: Bad value for parameter \"cursorTimeoutMillis\""),
        ("setParameter.transactionLifetimeLimitSeconds", "0", "BadValue: Bad value for parameter"),
        ("net.maxIncomingConnections", "many", "Error parsing option \"net.maxIncomingConnections\" as int"),
        ("repair", "true", ""), ("shutdown", "true", ""),
        ("storage.dbPath", "/x", "storage.dbPath: Roost sets all file locations"),
    ]

    @Test(arguments: refused) func theEngineRefuses(_ name: String, _ value: String, words: String) async throws {
        let build = try #require(engine.builds().first)
        do throws(EngineError) {
            try await engine.check(config: [name: value], memory: .mebibytes(512), build: build)
            Issue.record("\(name)=\(value) was taken")
        } catch {
            guard case .configRefused(let lines) = error else {
                Issue.record(error)
                return
            }
            #expect(lines.contains { $0.hasPrefix(words) }, "\(lines)")
        }
    }
}
