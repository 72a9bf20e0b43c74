import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostEngines

/// Real servers of both names.
@Suite(.serialized, EachRelease(engine: "redis", others: ["valkey"]), .timeLimit(.minutes(5)))
struct RedisServerTests {
    @Test(
        .enabled(
            if: RedisServers.tarball != nil, "there is no tarball of Valkey; scripts/make-engine-tarball makes one"))
    func valkeyIsTestedToo() { #expect(RedisServers.flavours == [.redis, .valkey]) }

    @Test(arguments: RedisServers.flavours)
    func aServerBootsClosedAndIsOpenedOnce(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.redis("get", "x").contains("WRONGPASS") || server.redis("get", "x").contains("NOAUTH"))
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            #expect(try server.redis("set", "x", "1") == "OK")
            #expect(try server.redis("get", "x", password: "wrong").contains("NOAUTH"))

            // A roostd without any state yet sees the same.
            let other = Redis(flavour, addedBuilds: EachRelease.engines)
            #expect(await other.probe(server.plan.address) == .healthy)

            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            try await engine.open(server.plan)
            #expect(try server.redis("get", "x") == "1")
        }
    }

    /// A session of before writes nothing after the fence, nor does what it had queued.
    @Test(arguments: RedisServers.flavours)
    func closingEndsSessionsAndNoWriteGetsThrough(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            let session = try server.session()
            for words in [["SET", "a", "before"], ["MULTI"], ["SET", "a", "after"]] { try session.run(words) }
            try await engine.close(server.plan)
            #expect(throws: RedisFault.self) { try session.run(["EXEC"]) }
            #expect(throws: RedisFault.self) { try server.session() }
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.administrate("GET", "a") == .text("before"))
            try await engine.open(server.plan)
            #expect(try server.redis("get", "a") == "before")
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aPasswordAloneSignsOn(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            let connection = try RedisConnection(socket: server.plan.folders.socket, patience: .seconds(5))
            #expect(throws: RedisFault.self) { try connection.run(["GET", "x"]) }
            try connection.run(["AUTH", server.plan.applicationPassword])
            #expect(try connection.run(["ACL", "WHOAMI"]) == .text("default"))
        }
    }

    @Test(arguments: RedisServers.flavours)
    func acknowledgedWritesOutliveAKill(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            for round in 1...3 {
                try await server.engine.open(server.plan)
                let acknowledged = try await Self.countUntilKilled(server)
                try server.start()
                try await server.waitUntilItAnswers()
                let kept = try server.administrate("GET", "n").text.flatMap { Int64($0) } ?? 0
                // The last write may have been made and not answered.
                #expect((acknowledged...acknowledged + 1).contains(kept), "round \(round)")
            }
        }
    }

    /// Redis 7.0 loads its log as the application user, and checks rights at the end of each transaction.
    @Test(arguments: RedisServers.flavours)
    func transactionsAndScriptsOutliveARestart(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            let session = try server.session()
            for words in [["MULTI"], ["SET", "a", "1"], ["PUBLISH", "c", "m"], ["SET", "b", "1"], ["EXEC"]] {
                try session.run(words)
            }
            try session.run(["EVAL", "redis.call('SET', 'c', 1) redis.call('SET', 'd', 1)", "0"])
            try await server.restart()
            #expect(try server.redis("get", "a") != "1", "off, it signs on nowhere")
            #expect(try server.session("roost_admin", server.plan.administrationPassword).run(["DBSIZE"]) == .number(4))
            let nobody = try RedisConnection(socket: server.plan.folders.socket, patience: .seconds(5))
            #expect(throws: RedisFault.self) { try nobody.run(["GET", "a"]) }
            #expect(throws: RedisFault.self) { try nobody.run(["AUTH", "default", ""]) }
        }
    }

    /// Increments a counter until the server is killed; returns the last number that it answered.
    private static func countUntilKilled(_ server: TestServer) async throws -> Int64 {
        let counter = Counter()
        let session = try server.session()
        let first = try session.run(["INCR", "n"])
        guard case .number(let start) = first else { throw RedisFault.unanswered("\(first)") }
        async let counting: Void = counter.count(session)
        while counter.last < start + 500 { try await Task.sleep(for: .milliseconds(1)) }
        server.kill()
        await counting
        return counter.last
    }

    private final class Counter: Sendable {
        private let acknowledged = Mutex<Int64>(0)
        var last: Int64 { acknowledged.withLock { $0 } }

        /// The count ends with the server.
        func count(_ session: RedisConnection) async {
            // The task is never cancelled; it waits for a fault, which ends it.
            _ = try? await AdministrationThreads.run { () throws(RedisFault) in
                while case .number(let number) = try session.run(["INCR", "n"]) {
                    self.acknowledged.withLock { $0 = number }
                }
            }
        }
    }

    @Test(arguments: RedisServers.flavours)
    func looksTellAServerThatHangsFromOneThatIsGone(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            try await server.suspend()
            guard case .unknown = await engine.probe(server.plan.address) else {
                Issue.record("a server that hangs gives no evidence")
                return
            }
            server.signal(SIGCONT)
            #expect(await engine.probe(server.plan.address) == .healthy)
            server.kill()
            #expect(await engine.probe(server.plan.address) == .starting("it is not listening on its socket yet"))
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aServerBusyWithAScriptIsToldWithTheWayOut(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour, config: ["busy-reply-threshold": "10"]) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            let session = try server.session()
            async let script = AdministrationThreads.run { () throws(RedisFault) in
                try session.run(["EVAL", "while true do end", "0"])
            }
            let other = try server.session()
            // Waits until the server counts the script as busy: pings are answered before.
            while (try? other.run(["GET", "x"])) != nil { try await Task.sleep(for: .milliseconds(5)) }
            guard case .unhealthy(let reason) = await engine.probe(server.plan.address) else {
                Issue.record("it serves nobody")
                return
            }
            #expect(reason.contains("SCRIPT KILL"), "\(reason)")
            try other.run(["SCRIPT", "KILL"])
            guard case .failure(.refused) = try await script else {
                Issue.record("the script ended by itself")
                return
            }
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aFullServerRefusesWritesAndServesOn(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            let session = try server.session()
            let value = String(repeating: "x", count: 1 << 20)
            var refusal: RedisFault?
            for number in 0..<64 {
                do throws(RedisFault) { try session.run(["SET", "k\(number)", value]) } catch {
                    refusal = error
                    break
                }
            }
            #expect(refusal?.kind == "OOM")
            #expect(try session.run(["STRLEN", "k0"]) == .number(1 << 20))
            #expect(await server.engine.probe(server.plan.address) == .healthy)
            #expect(try session.run(["DEL", "k0", "k1", "k2", "k3"]) == .number(4))
            try session.run(["SET", "small", "1"])
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aDirectorySaysWhoWroteIt(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let (engine, version) = (server.engine, server.build.identity.version)
            let data = server.plan.folders.data
            #expect(engine.versionOfData(at: data) == version, "fresh")
            try await engine.open(server.plan)
            #expect(engine.versionOfData(at: data) == version)
            // The version is read from the server's own files.
            try FileManager.default.removeItem(atPath: "\(data)/\(RedisData.versionFile)")
            #expect(engine.versionOfData(at: data) == version)
            let other = Redis(flavour == .redis ? .valkey : .redis, addedBuilds: "/nonexistent")
            #expect(other.versionOfData(at: data) == nil)
            #expect(engine.versionOfData(at: server.folder) == nil)
            try await server.restart()
            try await engine.open(server.plan)
            #expect(
                try String(contentsOfFile: "\(data)/\(RedisData.versionFile)", encoding: .utf8)
                    == "\(flavour) \(version) served\n")
        }
    }

    @Test(arguments: RedisServers.flavours)
    func anExposedServerTakesTLSAloneAndANewCertificateInPlace(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour, certificate: try TestCertificate.make()) { server in
            try await server.engine.open(server.plan)
            #expect(try server.redis("set", "x", "1") == "OK")
            let plain = try TestProgram.outcome(
                "/usr/bin/redis-cli", ["-p", "\(server.plan.internalPort)", "get", "x"],
                environment: ["REDISCLI_AUTH": server.plan.applicationPassword])
            #expect(plain.status != 0 || !plain.output.hasPrefix("1"), "\(plain)")

            server.plan = server.plan.with(certificate: try TestCertificate.make())
            // The client verifies by the new authority, which did not sign the old certificate.
            #expect(try server.redis("get", "x") != "1")
            try server.writeFiles()
            try await server.engine.applyAccounts(server.plan)
            #expect(try server.redis("get", "x") == "1")
        }
    }
}
