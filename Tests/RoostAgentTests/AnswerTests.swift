import Foundation
import Logging
import RoostAgentProtocol
import RoostEngines
import RoostModel
import RoostSecrets
import Testing

@testable import RoostAgent

/// The agent of a home that holds nothing yet.
@Suite struct AnswerTests {
    private func withAgent(_ body: (HostAgent, HomePaths) async throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "roost-agent-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: home) }  // The system clears its temporary folder.
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = AgentSettings(
            home: home, routerProgram: "/nonexistent", guardProgram: "/nonexistent", readyDirectories: 0,
            advertisedHost: "db.example")
        let machine = try HomeAgent.prepare(settings, logger: logger)
        let result: Result<Void, any Error>
        do { result = .success(try await body(machine.agent, settings.paths)) } catch { result = .failure(error) }
        await machine.end()
        try result.get()
    }

    /// An answer that is not recorded could change unseen.
    @Test func everythingThatItAnswersIsRecorded() async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "RoostAgentProtocolTests/Recorded/version-2.txt")
        let recorded = Set(
            try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map { line in
                line.prefix { $0 != "|" }.trimmingCharacters(in: .whitespaces)
            })
        try await withAgent { agent, _ in
            #expect(agent.calls.names.filter { !recorded.contains($0) } == [])
            #expect(agent.calls.names.count > 50)
        }
    }

    @Test func saysHelloWithWhatStaysTrueOfIt() async throws {
        try await withAgent { agent, paths in
            let facts = try await agent.hello()
            #expect(facts.publicHost == "db.example")
            #expect(facts.engines.family(named: "mariadb")?.wire == "mysql" && !facts.boot.isEmpty)
            #expect(facts.engines.engines.allSatisfy { $0.builds.isEmpty }, "builds are asked for")
        }
    }

    @Test func cannotOpenAnythingBeforeThereIsAKey() async throws {
        try await withAgent { agent, paths in
            await #expect(throws: Problem.self) { try await agent.call(Unlock()) }
            #expect(!FileManager.default.fileExists(atPath: paths.key), "the control plane makes it")
            _ = try HomeKey.loadOrMake(path: paths.key)
            _ = try await agent.call(Unlock())
            #expect(try await agent.call(ReadAuthority()).contains("BEGIN CERTIFICATE"))
        }
    }

    @Test func writesEnvironmentFilesFromWhatIsSealedAndRemovesThem() async throws {
        try await withAgent { agent, paths in
            let key = try HomeKey.loadOrMake(path: paths.key)
            let name = ApplicationName(checked: "ramen")
            let files = PlaceEnvironment.Files(application: [".env": "A=1\n", "environment.json": "{}"], custom: [:])
            let text = String(decoding: try JSON.encode(files), as: UTF8.self)
            let sealed = try key.sealed(text, ofApplication: name)
            _ = try await agent.call(PlaceEnvironment(name, files: sealed, custom: []))
            let file = "\(paths.application(name))/.env"
            #expect(FileManager.default.contents(atPath: file) == Data("A=1\n".utf8))
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            // Files that are sealed for another application open for that one alone.
            let other = ApplicationName(checked: "soup")
            await #expect(throws: Problem.self) {
                try await agent.call(PlaceEnvironment(other, files: sealed, custom: []))
            }
            _ = try await agent.call(PlaceEnvironment(name, files: nil, custom: []))
            #expect(!FileManager.default.fileExists(atPath: paths.application(name)))
        }
    }

    @Test func anEmptyHomeHasNothingToRecover() async throws {
        try await withAgent { agent, _ in
            let manifests = try await agent.call(ReadManifests())
            #expect(manifests == ReadManifests.Answer(found: [], leftAlone: []))
            #expect(try await agent.call(ListTemplateVersions()).isEmpty)
            #expect(try await agent.call(LookAtPool()) == .none)
            #expect(try await agent.call(ReadRouterTable()).table == nil)
            #expect(try await agent.run(DescribeStorage()).items.isEmpty)
        }
    }

    @Test func aSealedOrderIsOpenedWithTheHomesKeyAlone() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-keys-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
        let key = try HomeKey.loadOrMake(path: "\(folder)/key")
        let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        let port = try #require(PortNumber(31000))
        func credentials(_ until: Date) throws -> Credentials {
            var credentials = Credentials(
                user: "root", password: try key.sealed("new", of: id, .password),
                administration: try key.sealed("own", of: id, .administration))
            credentials.previousPassword = try key.sealed("old", of: id, .password)
            credentials.previousUntil = until
            return credentials
        }
        func order(_ until: Date, in application: ApplicationName = id.application) throws -> SealedOrder {
            let service = Service(
                id: id, uid: "u", type: .mysql, engine: try #require(EngineIdentity("mariadb@10.11.19")),
                settings: ServiceSettings(memory: .mebibytes(512)), endpoint: port, readEndpoint: port, instances: [],
                credentials: try credentials(until), createdAt: Date())
            let user = ServerUser(name: "roost01", uid: 1, gid: 1)
            return SealedOrder(
                application: Application(name: application, user: user, createdAt: Date()), service: service, index: 0)
        }
        let now = Date()
        let opened = try InstanceOrder(try order(now.addingTimeInterval(60)), key: key, now: now)
        #expect(opened.secrets.password == "new" && opened.secrets.administration == "own")
        #expect(opened.secrets.previousPassword == "old" && opened.profile == .service)
        #expect(
            try InstanceOrder(try order(now), key: key, now: now).secrets.previousPassword == nil, "its time is over")
        #expect(try InstanceOrder(try order(now, in: .builds), key: key, now: now).profile == .building)
        let stranger = try HomeKey.loadOrMake(path: "\(folder)/other")
        #expect(throws: Problem.self) { try InstanceOrder(try order(now), key: stranger, now: now) }
    }
}
