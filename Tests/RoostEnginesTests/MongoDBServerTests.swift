import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Behaviour that only a real mongod can prove. The tests run one at a time: each starts a server.
@Suite(
    .serialized, .enabled(if: TestMongo.isHere, "there is no mongod; scripts/setup --tests fetches one"),
    Seed(TestMongo.engine), .timeLimit(.minutes(5)))
struct MongoDBServerTests {
    let engine = TestMongo.engine

    // MARK: A fresh directory

    @Test func aFreshDirectoryHoldsNoAccountAndNoReplicaSet() async throws {
        let seed = try #require(Seed.path)
        let build = try #require(engine.builds().first)
        #expect(engine.versionOfData(at: seed) == build.identity.version)
        let names = try FileManager.default.contentsOfDirectory(atPath: seed)
        #expect(names.filter { $0.contains("Preplog") || $0 == "diagnostic.data" || $0 == "mongod.lock" } == [])
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            // No data can be read before there is a set; the next test holds that sign-ons are refused.
            let fault = #expect(throws: MongoFault.self) { try server.system(["replSetGetStatus": 1]) }
            #expect(fault?.code == MongoFault.Code.notYetInitialised)
        }
    }

    @Test func nobodySignsOnBeforeTheServerIsOpened() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.refusal(["ping": 1]) == MongoFault.Code.authenticationFailed)
            // There is no localhost exception: callers on this machine could make the first account by it.
            let nobody = try MongoConnection(server.plan.folders.socket, .none, .administration)
            #expect(throws: MongoFault.self) {
                try nobody.run(["createUser": "me", "pwd": "x", "roles": ["root"]])
            }
            #expect(throws: MongoFault.self) { try nobody.run(["find": "system.users"]) }
        }
    }

    @Test func aConnectionWhoseServerIsGoneSaysSo() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            let connection = try MongoConnection(
                server.plan.folders.socket, .system(key: server.plan.administrationPassword), .administration)
            server.stop()
            let fault = #expect(throws: MongoFault.self) { try connection.run(["ping": 1]) }
            #expect(fault?.isUnanswered == true)
        }
    }

    // MARK: Opening

    @Test func opensAsAPrimaryOfItsOwnReplicaSet() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let hello = try server.system(["hello": 1])
            #expect(hello["setName"]?.text == "ramen.data")
            #expect(hello["me"]?.text == server.plan.memberAddress)
            let concern = try server.system(["getDefaultRWConcern": 1])
            #expect(concern["defaultWriteConcern"]?.document?["w"]?.text == "majority")
            #expect(concern["defaultWriteConcernSource"]?.text == "global")
            try server.asUser(["insert": "t", "documents": [["n": 42]]])

            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed, "each start is opened anew")
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let found = try server.asUser(["find": "t"])["cursor"]?.document?["firstBatch"]?.items
            #expect(found?.first?.document?["n"]?.number == 42)
        }
    }

    @Test func openingTwiceChangesNothing() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            let before = try server.system(["replSetGetConfig": 1])["config"]?.document
            let user = try server.system(["usersInfo": .string("root"), "showCredentials": true])
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try server.system(["replSetGetConfig": 1])["config"]?.document == before)
            // A password that was set again would have another salt.
            #expect(
                try server.system(["usersInfo": .string("root"), "showCredentials": true])["users"] == user["users"])
        }
    }

    @Test func twoServicesHaveReplicaSetsOfTheirOwn() async throws {
        var ids: [BSONValue] = []
        for _ in 0..<2 {
            try await TestServer.with(engine, memory: .mebibytes(256)) { server in
                try await engine.open(server.plan)
                let config = try server.system(["replSetGetConfig": 1])["config"]?.document
                ids.append(try #require(config?["settings"]?.document?["replicaSetId"]))
            }
        }
        #expect(ids.count == 2 && ids.first != ids.last)
    }

    @Test func aNewAddressReachesTheSetAtTheNextOpening() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            let id = try server.system(["replSetGetConfig": 1])["config"]?.document?["settings"]?.document
            server.plan = server.plan.reached(at: "localhost")
            try await engine.open(server.plan)
            let config = try server.system(["replSetGetConfig": 1])["config"]?.document
            #expect(
                config?["members"]?.items?.first?.document?["host"]?.text == "localhost:\(server.plan.internalPort)")
            #expect(config?["settings"]?.document?["replicaSetId"] == id?["replicaSetId"])
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test func aServerThatStartedWithoutItsRouterFindsItselfOnceThereIsOne() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            let port = try TestServer.freePort()
            server.plan = server.plan.reached(at: "127.0.0.1", port)
            // First start and restart: each time no server listens at the member's address at first.
            for round in Int64(1)...2 {
                await #expect(throws: EngineError.self) { try await engine.open(server.plan) }
                #expect(await engine.probe(server.plan.address) == .closed)
                let relay = try TestRelay(from: port, to: server.plan.internalPort)
                try await engine.open(server.plan)
                #expect(await engine.probe(server.plan.address) == .healthy)
                #expect(try server.system(["hello": 1])["me"]?.text == "127.0.0.1:\(port)")
                relay.end()
                // The member keeps its state without the relay.
                #expect(try server.refusal(["insert": "t", "documents": [["n": 1]]]) == nil)
                #expect(try server.asUser(["count": "t"])["n"]?.number == round)
                try await server.restart()
            }
        }
    }

    @Test func aKilledServerKeepsEveryAcknowledgedWrite() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            try await engine.open(server.plan)
            for n in Int64(0)..<50 {
                let reply = try server.asUser(["insert": "t", "documents": [["_id": .int(n)]]])
                #expect(reply["n"]?.number == 1)
            }
            server.kill()
            try server.start()
            try await server.waitUntilItAnswers()
            try await engine.open(server.plan)
            #expect(try server.asUser(["count": "t"])["n"]?.number == 50)
        }
    }

    // MARK: Looking

    @Test func looksShareOneConnectionAndFindTheServerAgainAfterARestart() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            func connections() throws -> Int64 {
                let status = try server.system(["serverStatus": 1])
                return try #require(status["connections"]?.document?["totalCreated"]?.number)
            }
            try await engine.open(server.plan)
            _ = await engine.probe(server.plan.address)
            let before = try connections()
            let one = try connections() - before
            for _ in 0..<200 { #expect(await engine.probe(server.plan.address) == .healthy) }
            // The probes themselves sign on, and the server now and then signs on to itself.
            #expect(try connections() < before + 100 * one, "a sign-on is no part of a look")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
        }
    }

    @Test func aServerThatHangsIsUnknownAndOneThatIsGoneStartsAgain() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256)) { server in
            _ = await engine.probe(server.plan.address)
            try await server.suspend()
            for _ in 0..<2 {
                guard case .unknown = await engine.probe(server.plan.address) else {
                    Issue.record("a stopped process gives no answer")
                    break
                }
            }
            server.signal(SIGCONT)
            #expect(await engine.probe(server.plan.address) == .closed)
            server.kill()
            guard case .starting = await engine.probe(server.plan.address) else {
                Issue.record("nobody listens")
                return
            }
        }
    }

    // MARK: TLS

    @Test func anExposedServerTakesNothingButTLSAndRoostFollows() async throws {
        try await TestServer.with(engine, memory: .mebibytes(256), certificate: try TestCertificate.make()) { server in
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            #expect(!log.contains("NodeNotFound"), "it found itself over TLS")
            try server.asUser(["insert": "t", "documents": [["n": 1]]])
            let port = "127.0.0.1:\(server.plan.internalPort)"
            let hello = try TestProgram.outcome(
                "/usr/bin/openssl", ["s_client", "-connect", port, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
            #expect(hello.status != 0, "old versions are refused")
            // A newer certificate is taken in place.
            server.plan = server.plan.with(certificate: try TestCertificate.make())
            try server.writeFiles()
            try await engine.applyAccounts(server.plan)
            try server.write(server.plan.certificate?.authority ?? "", to: "authority.pem")
            let verified = try TestProgram.outcome(
                "/usr/bin/openssl",
                ["s_client", "-connect", port, "-CAfile", "\(server.folder)/authority.pem", "-verify_return_error"])
            #expect(verified.status == 0, "\(verified.errors)")
        }
    }
}
