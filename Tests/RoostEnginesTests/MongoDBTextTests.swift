import CMongo
import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The parts of MongoDB that need no server: files, sizes, rules, steps, accounts and words.
@Suite struct MongoDBTextTests {
    /// A sign-on that the server cut off proves nothing about the account.
    @Test(arguments: [
        ("Authentication failed.", MongoFault.Code.authenticationFailed, false),
        ("Failed to send \"saslContinue\" command with database \"local\": socket error or timeout", 11, true),
        ("Failed to send \"saslContinue\" command: Failure during socket delivery: Broken pipe (32)", 11, true),
    ])
    func aSignOnThatWasCutOffIsNoRefusal(_ words: String, _ code: Int, _ isUnanswered: Bool) {
        var error = bson_error_t()
        error.domain = MONGOC_ERROR_CLIENT.rawValue
        error.code = MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue
        withUnsafeMutableBytes(of: &error.message) { $0.copyBytes(from: words.utf8) }
        #expect(MongoFault(error) == MongoFault(code: code, message: words, isUnanswered: isUnanswered))
    }

    let engine = MongoDB(addedBuilds: "/nonexistent")

    // MARK: Documents

    @Test func documentsBecomeExtendedJSONInTheirOrder() throws {
        let document: BSONDocument = [
            "zulu": 1, "alpha": ["a\"b\\c\n\u{2028}", true], "nested": ["x": .double(1), "none": .null],
        ]
        let text = #"{"zulu":1,"alpha":["a\"b\\c\u000a\u2028",true],"nested":{"x":1.0,"none":null}}"#
        #expect(document.json == text)
        let read = try BSONDocument(json: text)
        #expect(read["alpha"] == document["alpha"])
        #expect(read["zulu"]?.number == 1)
        #expect(throws: (any Error).self) { try BSONDocument(json: "[1]") }
    }

    @Test func typesThatJSONLacksPassThrough() throws {
        let text = #"{"replicaSetId":{"$oid":"6b0713ee42cae8f4aa78f2da"}}"#
        #expect(try BSONDocument(json: text).json == text)
    }

    // MARK: Files

    @Test func theFileHoldsEveryOptionInItsPlaceAsText() throws {
        let config = ["operationProfiling.mode": "slowOp", "setParameter.a.b": "1"]
        let tree = try TestMongo.configuration(config).tree
        #expect(tree["operationProfiling"] == ["mode": "slowOp"])
        #expect(tree["setParameter"]?.document?["a.b"] == "1", "a parameter's name may have dots")
        #expect(tree["net"]?.document?["bindIp"] == "127.0.0.1,/x/run/server.sock")
        #expect(tree["security"]?.document?["authorization"] == "enabled")
        #expect(tree["net"]?.document?["tls"] == nil)
    }

    @Test func noSecretStandsInAFileThatTheGroupReads() throws {
        let configuration = try TestMongo.configuration()
        for (name, text) in configuration.files {
            #expect(!text.contains("administrationSecret1") && !text.contains("shownSecret1"), "\(name)")
        }
        #expect(configuration.privateFiles == ["members.key": "administrationSecret1\n"])
    }

    @Test func anExposedServerRequiresTLS() throws {
        let certificate = ServerCertificate(certificate: "C", key: "K", authority: "A")
        let configuration = try TestMongo.configuration(certificate: certificate)
        #expect(configuration.options["net.tls.mode"] == "requireTLS")
        #expect(configuration.files["server.pem"] == "C\nK")
        #expect(configuration.effective["net.tls.mode"] == "requireTLS")
        #expect(try TestMongo.configuration().effective["net.tls.mode"] == "disabled")
    }

    @Test func peoplesSettingsWinOverSizesAndNeverOverWhatIsRoosts() throws {
        let config = ["net.maxIncomingConnections": "7", "security.authorization": "disabled"]
        let configuration = try TestMongo.configuration(config)
        #expect(configuration.options["net.maxIncomingConnections"] == "7")
        #expect(configuration.options["security.authorization"] == "enabled")
    }

    @Test func urlsNameTheReplicaSetAndWhereTheAccountIs() throws {
        let service = ServiceID(try ApplicationName("my-app"), try ServiceName("data_1"))
        #expect(
            engine.family.urlQuery.text(of: service, requiresTLS: false)
                == "?replicaSet=my-app.data_1&authSource=admin&retryWrites=true")
        #expect(engine.family.urlQuery.text(of: service, requiresTLS: true).hasSuffix("&tls=true"))
    }

    // MARK: Sizes

    @Test(arguments: [
        (256, 48), (512, 176), (768, 312), (1024, 448), (4096, 2304), (65_536, 40_960), (131_072, 81_920),
    ])
    func theCacheLeavesRoomInTheLimit(_ limit: Int64, _ cache: Int64) {
        #expect(MongoDBSizing(memory: .mebibytes(limit)).cache == .mebibytes(cache))
    }

    @Test func aCloneSparesMemoryAndATemplateInTheMakingUsesItsSessions() {
        func cache(_ limit: Int64, _ profile: ServerProfile) -> ByteCount {
            MongoDBSizing(memory: .mebibytes(limit), profile: profile).cache
        }
        #expect(cache(512, .clone(isDurable: true)) == .mebibytes(88))
        #expect(cache(128, .clone(isDurable: false)) == .mebibytes(16), "the engine takes no less")
        #expect(cache(512, .building) == .mebibytes(176 + 64))
    }

    // MARK: Copies

    @Test func onlyTheProfileChangesHowACopyIsStarted() throws {
        let plan = try TestServer.plan(folder: "/f")
        func options(_ profile: ServerProfile) -> Set<String> {
            var options = MongoDBConfiguration(plan: plan.copied(profile)).options
            options[MongoDBConfiguration.cacheOption] = nil
            return Set(options.map { "\($0) \($1)" })
        }
        let service = options(.service)
        #expect(options(.clone(isDurable: true)) == service)
        let hasty: Set = ["setParameter.scramSHA256IterationCount 5000", "storage.journal.commitIntervalMs 500"]
        #expect(
            options(.clone(isDurable: false)).subtracting(service) == hasty.union(["storage.syncPeriodSecs 300"]))
        #expect(options(.building).subtracting(service) == hasty)
        #expect(service.contains("replication.replSetName clones.one"), "each is a set of its own")
        let own = plan.with(config: ["storage.syncPeriodSecs": "7"]).copied(.clone(isDurable: false))
        #expect(MongoDBConfiguration(plan: own).options["storage.syncPeriodSecs"] == "7")
    }

    @Test func aSetThatIsNotDurableWaitsForNoDisk() {
        let seen = ReplicaSetStep.Seen(configuration: nil, state: .unready)
        func born(_ isDurable: Bool) -> BSONDocument? {
            guard
                case .initiate(let configuration) = ReplicaSetStep.next(
                    seen, setName: "s", address: "a:1", isDurable: isDurable)
            else { return nil }
            return configuration
        }
        #expect(born(false)?["writeConcernMajorityJournalDefault"] == .bool(false))
        #expect(born(true) == ["_id": "s", "members": [["_id": 0, "host": "a:1"]]])
    }

    @Test func aScriptIsCommandsWhereItBeginsWithADocument() {
        let commands = MongoDBScript("// first\r\n\r\n  {\"ping\": 1}\r\n{\"b\": 2}")
        #expect(
            commands == .commands([.init(line: 3, json: "{\"ping\": 1}"), .init(line: 4, json: "{\"b\": 2}")]))
        #expect(MongoDBScript("// x\ndb.t.drop()") == .javaScript("// x\ndb.t.drop()"))
        #expect(MongoDBScript(" \n") == .commands([]))
    }

    // MARK: Rules

    static let reserved: [(name: String, words: String)] = [
        ("storage.dbPath", "Roost sets all file locations"), ("storage.journal.enabled", "survive a crash"),
        ("storage.wiredTiger.engineConfig.cacheSizeGB", "follow from 'memory'"),
        ("net.port", "where the server listens"),
        ("net.bindIpAll", "where the server listens"), ("net.tls.mode", "sets up TLS"),
        ("security.authorization", "accounts and privileges"), ("security", "accounts and privileges"),
        ("replication.replSetName", "for replication"), ("processManagement.fork", "how the server starts"),
        ("cloud.monitoring.free.state", "telemetry to the vendor"), ("sharding.clusterRole", "not supported yet"),
        ("systemLog.destination", "'roost logs SERVICE'"), ("setParameter", "name the parameter"),
        ("setParameter.enableLocalhostAuthBypass", "accounts and privileges"),
        ("setParameter.authenticationMechanisms", "accounts and privileges"), ("setParameter.tlsMode", "sets up TLS"),
        ("setParameter.wiredTigerEngineRuntimeConfig", "survive a crash"),
        ("setParameter.automationServiceDescriptor", "how the server starts"),
        ("setParameter.failpoint.failCommand", "how the server starts"),
        ("setParameter.replBatchLimitOperations", "for replication"), ("net..port", "not an option path"),
        ("net-port", "not an option path"),
    ]

    @Test(arguments: reserved) func keepsForItself(_ name: String, _ words: String) {
        #expect(MongoDBSettingRules.reason(against: name)?.contains(words) == true)
    }

    @Test(arguments: [
        "operationProfiling.mode", "net.maxIncomingConnections", "setParameter.cursorTimeoutMillis", "bogus",
        "net.compression.compressors", "storage.wiredTiger.collectionConfig.blockCompressor", "systemLog.verbosity",
        "storage.journal.commitIntervalMs", "security.javascriptEnabled",
    ])
    func leavesToTheEngine(_ name: String) {
        #expect(MongoDBSettingRules.reason(against: name) == nil)
    }

    @Test func oneSettingBelowAnotherIsAClash() {
        #expect(MongoDBSettingRules.clashes(["a.b": "1", "a.b.c": "2", "a.bc": "3"]).count == 1)
    }

    @Test(arguments: [
        ("1", [BSONValue.int(1), "1"]), ("0.5", [.double(0.5), "0.5"]), ("true", [true, "true"]), ("x", ["x"]),
        ("nan", ["nan"]),
    ])
    func valuesAreTriedAsTheTypesTheyLookLike(_ text: String, _ forms: [BSONValue]) {
        #expect(MongoDBSettingRules.forms(text) == forms)
    }

    // MARK: The replica set

    static func configuration(_ host: String, version: Int64 = 3) -> BSONDocument {
        ["_id": "s", "version": .int(version), "members": [["_id": 0, "host": .string(host)]]]
    }

    static let steps: [(seen: ReplicaSetStep.Seen, step: ReplicaSetStep)] = [
        (
            .init(configuration: nil, state: .unready),
            .initiate(["_id": "s", "members": [["_id": 0, "host": "127.0.0.1:9"]]])
        ),
        (.init(configuration: configuration("127.0.0.1:9"), state: .primary), .done),
        (
            .init(configuration: configuration("10.0.0.1:9"), state: .primary),
            .reconfigure(configuration("127.0.0.1:9", version: 4), isForced: false)
        ),
        // The server started while no router ran: another name goes first, because the same name is not resolved
        // again.
        (
            .init(configuration: configuration("127.0.0.1:9"), state: .removed),
            .reconfigure(configuration("localhost:9", version: 4), isForced: true)
        ),
        (
            .init(configuration: configuration("localhost:9"), state: .removed),
            .reconfigure(configuration("127.0.0.1:9", version: 4), isForced: true)
        ),
        // The daemon died between the two steps.
        (
            .init(configuration: configuration("localhost:9"), state: .primary),
            .reconfigure(configuration("127.0.0.1:9", version: 4), isForced: false)
        ),
        (
            .init(configuration: configuration("127.0.0.1:9"), state: .unready),
            .wait("it has not read its replica set's configuration yet")
        ),
        (
            .init(configuration: configuration("127.0.0.1:9"), state: .other(2)),
            .wait("it is in replica set member state 2")
        ),
    ]

    @Test(arguments: steps) func isTold(_ seen: ReplicaSetStep.Seen, _ step: ReplicaSetStep) {
        #expect(ReplicaSetStep.next(seen, setName: "s", address: "127.0.0.1:9") == step)
    }

    static let looks: [(hello: BSONDocument, health: Health)] = [
        (["isWritablePrimary": true, "setName": "s", "automationServiceDescriptor": "roost: open"], .healthy),
        (["isWritablePrimary": true, "setName": "s"], .closed),
        (["isWritablePrimary": false, "isreplicaset": true], .closed),
        (["isWritablePrimary": false, "secondary": true, "setName": "s"], .starting("it is being elected primary")),
    ]

    @Test(arguments: looks) func aLookSays(_ hello: BSONDocument, _ health: Health) {
        #expect(MongoDB.health(hello) == health)
    }

    // MARK: Accounts

    @Test func theShownAccountHasItsRolesAndNoOther() {
        let roles = MongoDBAccounts.shownRoles.map { BSONValue.document(["role": .string($0), "db": "admin"]) }
        #expect(MongoDBAccounts.isShownAccount(["roles": .array(roles.reversed())]))
        #expect(!MongoDBAccounts.isShownAccount(["roles": .array(Array(roles.dropFirst()))]))
        #expect(!MongoDBAccounts.isShownAccount(["roles": .array(roles + [["role": "root", "db": "admin"]])]))
        #expect(!MongoDBAccounts.shownRoles.contains("root"))
    }

    // MARK: Words

    static let outputs: [(output: String, words: String?)] = [
        (#"{"s":"E","msg":"m","attr":{"error":"NonExistentPath: Data directory /x not found."}}"#, nil),
        (
            #"{"s":"F","msg":"m","attr":{"error":{"code":2,"errmsg":"Unknown --setParameter 'bogus'"}}}"#,
            "Unknown --setParameter 'bogus'"
        ),
        ("Unrecognized option: x\ntry './mongod --help' for more information", "Unrecognized option: x"),
        (#"{"s":"I","msg":"fine"}"#, "the server exited: signal 9"),
        ("", "the server exited: signal 9"),
    ]

    @Test(arguments: outputs) func theEnginesWordsAreFound(_ output: String, _ words: String?) {
        #expect(MongoDB.words(output, ending: "signal 9") == words)
    }

    @Test(arguments: [("db version v6.0.5\nBuild Info: {", "6.0.5"), ("db version v7.0.0-rc1", "7.0.0"), ("no", nil)])
    func versionsAreRead(_ output: String, _ version: String?) {
        #expect(MongoDB.version(output)?.description == version)
    }

    // MARK: Clients

    @Test func aClientFindsTheAddressInItsEnvironmentAndNoSecretInItsArguments() throws {
        let port = try #require(PortNumber(21000))
        for (words, expected) in [
            (["python3", "app.py"], ["python3", "app.py"]),
            (["mongosh"], ["mongosh", "--nodb", "--shell", "{files}/connect.js"]),
            (
                ["mongodump", "--gzip"],
                ["mongodump", "--config={files}/tools.yml", "--sslCAFile={files}/ca.pem", "--gzip"]
            ),
        ] {
            let request = ClientRequest(
                arguments: words, host: "127.0.0.1", port: port, user: "root", password: "secret", database: "data",
                authority: "PEM")
            let command = try engine.client(request, build: nil)
            #expect(command.arguments == expected)
            #expect(
                command.environment["MONGODB_URL"]
                    == "mongodb://root:secret@127.0.0.1:21000/data?authSource=admin&directConnection=true&tls=true"
                    + "&tlsCAFile={files}/ca.pem")
            #expect(command.files["ca.pem"] == "PEM")
        }
    }
}
