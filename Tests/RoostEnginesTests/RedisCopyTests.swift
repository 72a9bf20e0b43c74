import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Images, templates and clones of real servers of both names.
@Suite(.serialized, EachRelease(engine: "redis", others: ["valkey"]), .timeLimit(.minutes(5)))
struct RedisCopyTests {
    @Test(arguments: RedisServers.flavours)
    func aCloneOfALiveServerHoldsEveryAcknowledgedWriteAndLetsInNobodyOfTheOriginals(
        _ flavour: Redis.Flavour
    ) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            let session = try server.session()
            let writer = TestWriter()
            try await writer.during({ (n: Int64) throws(RedisFault) in
                try session.run(["MULTI"])
                try session.run(["SET", "k\(n)", "\(n)"])
                try session.run(["INCR", "count"])
                try session.run(["EXEC"])
            }) {
                try await writer.wait(until: 300)
                try await server.withImage(counting: writer) { image, count in
                    // A temporary file as an interrupted rewrite leaves it.
                    try Data("half".utf8).write(to: URL(filePath: "\(image)/temp-rewriteaof-bg-1.aof"))
                    for _ in 0..<2 {
                        try await engine.resetIdentity(directory: image, build: server.build, user: TestUser.server)
                    }
                    try await TestServer.onCopy(of: image, engine, .clone(isDurable: false)) { clone in
                        try await Self.holds(clone, atLeast: count, atMost: count + 1)
                    }
                }
                let then = writer.acknowledged
                try await writer.wait(until: then + 10)
            }
        }
    }

    private static func holds(_ clone: TestServer, atLeast: Int64, atMost: Int64) async throws {
        #expect(!FileManager.default.fileExists(atPath: "\(clone.plan.folders.data)/temp-rewriteaof-bg-1.aof"))
        #expect(await clone.engine.probe(clone.plan.address) == .closed)
        try await clone.engine.open(clone.plan)
        let session = try clone.session()
        let count = try session.run(["GET", "count"]).text.flatMap { Int64($0) } ?? 0
        #expect((atLeast...atMost).contains(count), "\(count) of \(atLeast) to \(atMost)")
        #expect(try session.run(["EXISTS"] + (0..<count).map { "k\($0)" }) == .number(count))
        #expect(try session.run(["DBSIZE"]) == .number(count + 1), "a transaction is there in full")
        #expect(try session.run(["SET", "own", "1"]) == .text("OK"))
        for (user, password) in [("default", "shownSecret1"), ("cook", "cookSecret1")] {
            #expect(throws: RedisFault.self) { try clone.session(user, password) }
        }
        #expect(try await clone.engine.accounts().users(clone.plan).map(\.name) == ["default"])
        #expect(try clone.administrate("CONFIG", "GET", "appendfsync")["appendfsync"] == .text("no"))
        #expect(try clone.administrate("INFO", "replication").field("role") == "master")
        try await clone.restart()
        #expect(try clone.administrate("DBSIZE") == .number(count + 2), "what a clone wrote outlives its restart")
    }

    @Test(arguments: RedisServers.flavours)
    func aLogThatWasCutOffInACommandIsLoadedUpToIt(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            for _ in 0..<100 { try server.administrate("INCR", "n") }
            try await server.withImage { image, _ in
                let log = "\(image)/\(RedisData.logFolder)"
                let names = try FileManager.default.contentsOfDirectory(atPath: log)
                let last = try #require(names.first { $0.hasSuffix(".incr.aof") })
                let file = try FileHandle(forUpdating: URL(filePath: "\(log)/\(last)"))
                try file.truncate(atOffset: try file.seekToEnd() - 5)
                try file.close()
                try await server.engine.cloning().resetIdentity(
                    directory: image, build: server.build, user: TestUser.server)
                try await TestServer.onCopy(of: image, server.engine, .clone(isDurable: false)) { clone in
                    #expect(try clone.administrate("GET", "n") == .text("99"))
                    #expect(try clone.administrate("INCR", "n") == .number(100))
                    try await clone.restart()
                    #expect(try clone.administrate("GET", "n") == .text("100"))
                }
            }
        }
    }

    @Test(arguments: RedisServers.flavours, [Dump.Compression.none, .gzip, .zstd])
    func aTemplateFromADumpIsMaskedAndCloned(_ flavour: Redis.Flavour, _ compression: Dump.Compression) async throws {
        try await RedisServers.withDump(flavour, compression) { engine, dump in
            let build = try #require(engine.builds().first)
            try await RedisServers.withFreshDirectory(engine) { directory in
                #expect(
                    try await engine.place(dump, in: directory, build: build, user: TestUser.server))
                #expect(engine.versionOfData(at: directory) == build.identity.version)
                try await TestServer.onCopy(of: directory, engine, .building) { server in
                    try await engine.open(server.plan)
                    try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
                    #expect(try server.administrate("GET", "name") == .text("Ada"))
                    try await engine.run(
                        script: "# masks\n\nSET name 'N. N.'\nSELECT 3\nSET \"third\\x41\" 1\n", server.plan,
                        build: build,
                        user: nil)
                    try await engine.finalise(server.plan)
                    server.stop()
                    let data = server.plan.folders.data
                    try engine.strip(directory: data)
                    try await engine.resetIdentity(directory: data, build: build, user: TestUser.server)
                    for isDurable in [true, false] {
                        try await TestServer.onCopy(of: data, engine, .clone(isDurable: isDurable)) { clone in
                            try await Self.isMasked(clone, isDurable: isDurable)
                        }
                    }
                }
            }
        }
    }

    private static func isMasked(_ clone: TestServer, isDurable: Bool) async throws {
        // Only the dump that the log begins with is left of the log.
        let log = "\(clone.plan.folders.data)/appendonlydir"
        let commands = try FileManager.default.contentsOfDirectory(atPath: log).filter { $0.contains(".incr.") }
        for name in commands {
            #expect(try FileManager.default.attributesOfItem(atPath: "\(log)/\(name)")[.size] as? Int == 0)
        }
        try await clone.engine.open(clone.plan)
        let session = try clone.session()
        #expect(try session.run(["GET", "name"]) == .text("N. N."))
        #expect(try session.run(["GET", "n99999"]) == .text("value 99999"))
        try session.run(["SELECT", "3"])
        #expect(try session.run(["GET", "thirdA"]) == .text("1"))
        #expect(throws: RedisFault.self) { try clone.session("cook", "cookSecret1") }
        #expect(
            try clone.administrate("CONFIG", "GET", "appendfsync")["appendfsync"] == .text(isDurable ? "always" : "no"))
    }

    @Test(arguments: RedisServers.flavours)
    func aDumpThatTheBuildCannotReadIsRefusedInItsWords(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.withDump(flavour, .none) { engine, dump in
            let build = try #require(engine.builds().first)
            func refusal(_ change: (inout Data) -> Void, _ compression: Dump.Compression = .none) async throws -> String
            {
                var bytes = try Data(contentsOf: URL(filePath: dump.path))
                change(&bytes)
                let path = "\(dump.path).changed"
                try bytes.write(to: URL(filePath: path))
                let changed = Dump(path: path, format: .rdb, compression: compression)
                var message = "taken"
                try await RedisServers.withFreshDirectory(engine) { directory in
                    do throws(EngineError) {
                        _ = try await engine.place(changed, in: directory, build: build, user: TestUser.server)
                    } catch {
                        message = "\(error)"
                    }
                }
                return message
            }
            let newer = try await refusal { $0.replaceSubrange(6..<9, with: Data("999".utf8)) }
            #expect(newer.contains("Can't handle RDB format version 999"), "\(newer)")
            let other = try await refusal { $0.replaceSubrange(0..<5, with: Data("PGDMP".utf8)) }
            #expect(other.contains("header is invalid"), "\(other)")
            let plain = try await refusal({ _ in }, .gzip)
            #expect(plain.contains("not in gzip format"), "\(plain)")
            #expect(try await refusal { _ in } == "taken")
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aBackUpUnderLoadIsOneMomentOfTheData(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            let session = try server.session()
            let (writer, target) = (TestWriter(), "\(server.folder)/copy")
            try TestFolder.make("\(server.folder)/backups")
            try await writer.during({ (n: Int64) throws(RedisFault) in try session.run(["SET", "k\(n)", "\(n)"]) }) {
                try await writer.wait(until: 300)
                let before = writer.acknowledged
                let means = try await engine.backUp(
                    server.plan, to: target, build: server.build, user: TestUser.server)
                #expect(means == "rdb")
                let after = writer.acknowledged + 1
                try await TestServer.onCopy(of: target, engine, .clone(isDurable: false)) { copy in
                    guard case .number(let count) = try copy.administrate("DBSIZE") else { return }
                    #expect((before...after).contains(count))
                    #expect(try copy.administrate("EXISTS", "k0", "k\(count - 1)", "k\(count)") == .number(2))
                    #expect(try await engine.users(copy.plan).map(\.name) == ["default", "cook"], "not detached yet")
                }
            }
            #expect(
                try server.administrate("CONFIG", "GET", "repl-diskless-sync-delay")["repl-diskless-sync-delay"]
                    == .text("5"))
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aScriptEndsAtItsFirstFailureAndSaysWhere(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            let unknown = await server.failure("SET a 1\r\n\r\n# a comment\r\nFLY away\r\nSET b 1\r\n")
            #expect(unknown.contains("line 4: ERR unknown command"), "\(unknown)")
            #expect(try server.administrate("EXISTS", "a", "b") == .number(1))
            let open = await server.failure("SET c 1\nSET d \"1\n")
            #expect(open.contains("line 2: a quote is not closed"), "\(open)")
            #expect(try server.administrate("EXISTS", "c") == .number(0), "nothing ran")
            // A failure within a transaction shows when it ends.
            let late = await server.failure("MULTI\nSET e x\nINCR e\nEXEC\nSET f 1\n")
            #expect(late.contains("line 4: ERR value is not an integer"), "\(late)")
            #expect(await server.failure("") == "none")
        }
    }

    @Test func aScriptsWordsAreReadAsTheClientReadsThem() throws {
        let script = try RedisScript("set  k 'it\\'s'\n\t# no\n\"a\\x00\\n\\\"\" b\"c d\" \"\"\r\n \nget '\\n'")
        #expect(
            script.commands == [
                .init(line: 1, words: ["set", "k", "it's"].map { Array($0.utf8) }),
                .init(line: 3, words: [[0x61, 0, 0x0A, 0x22], Array("bc d".utf8), []]),
                .init(line: 5, words: ["get", "\\n"].map { Array($0.utf8) }),
            ])
        for wrong in ["get 'a", "get \"a\\\"", "get \"a\"b", "get \"a\\"] {
            #expect(throws: EngineError.self) { try RedisScript("ping\n\(wrong)") }
        }
    }

    @Test func onlyTheProfileChangesHowACopyIsStarted() throws {
        let plan = try TestServer.plan(folder: "/f", user: "default")
        func options(_ profile: ServerProfile) -> Set<String> {
            Set(RedisConfiguration(plan: plan.copied(profile)).options.map { "\($0.name) \($0.value)" })
        }
        let service = options(.service)
        #expect(options(.clone(isDurable: true)) == service)
        #expect(options(.clone(isDurable: false)).subtracting(service) == ["appendfsync no"])
        #expect(options(.building).subtracting(service) == ["appendfsync no", "auto-aof-rewrite-percentage 0"])
        #expect(service.contains("appendfsync always") && service.contains("appendonly yes"))
    }
}
