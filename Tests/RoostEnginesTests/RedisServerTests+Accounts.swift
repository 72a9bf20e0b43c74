import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension RedisServerTests {
    static let forbidden: [[String]] = [
        ["CONFIG", "SET", "maxmemory", "0"], ["CONFIG", "REWRITE"], ["CONFIG", "GET", "*"], ["CONFIG", "RESETSTAT"],
        ["ACL", "SETUSER", "default", "+@all"], ["ACL", "LIST"], ["ACL", "GETUSER", "roost_admin"], ["ACL", "SAVE"],
        ["ACL", "DELUSER", "roost_admin"], ["SHUTDOWN", "NOSAVE"], ["REPLICAOF", "127.0.0.1", "1"],
        ["SLAVEOF", "127.0.0.1", "1"], ["FAILOVER"], ["DEBUG", "SLEEP", "0"], ["MODULE", "LIST"],
        ["MODULE", "LOAD", "/tmp/x.so"], ["SAVE"], ["BGSAVE"], ["BGREWRITEAOF"], ["SYNC"], ["PSYNC", "?", "-1"],
        ["MIGRATE", "127.0.0.1", "1", "k", "0", "10"], ["CLIENT", "PAUSE", "1000"], ["CLIENT", "NO-EVICT", "on"],
        ["REPLCONF", "listening-port", "1"], ["RESTORE-ASKING", "k", "0", "x"], ["CLUSTER", "RESET"],
    ]

    static let allowed: [[String]] = [
        ["SET", "k", "v"], ["HSET", "h", "f", "v"], ["LPUSH", "l", "v"], ["ZADD", "z", "1", "v"],
        ["XADD", "s", "*", "f", "v"],
        ["KEYS", "*"], ["SORT", "l", "ALPHA"], ["EVAL", "return redis.call('GET', 'k')", "0"], ["PUBLISH", "c", "m"],
        ["INFO"], ["SLOWLOG", "GET"], ["LATENCY", "LATEST"], ["CLIENT", "LIST"], ["CLIENT", "SETNAME", "me"],
        ["CLIENT", "KILL", "ID", "999999"], ["ACL", "WHOAMI"], ["ROLE"], ["LASTSAVE"], ["MEMORY", "USAGE", "k"],
        ["SELECT", "3"],
        ["SWAPDB", "0", "3"], ["WAIT", "0", "1"], ["COMMAND", "COUNT"], ["DBSIZE"], ["FLUSHALL"], ["MONITOR"],
    ]

    @Test(arguments: RedisServers.flavours)
    func usersMayDoEverythingWithDataAndNothingWithTheServer(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            try await server.engine.accounts().addUser("cook", password: "cookSecret1", plan: server.plan)
            for (user, password) in [("default", server.plan.applicationPassword), ("cook", "cookSecret1")] {
                for words in Self.forbidden {
                    let session = try server.session(user, password)
                    do throws(RedisFault) {
                        Issue.record("\(user) may \(words): \(try session.run(words))")
                    } catch {
                        // Disabled commands are refused to every user, before the user is looked at.
                        #expect(
                            error.kind == "NOPERM" || "\(error)".contains("command not allowed"), "\(words): \(error)")
                    }
                }
                let session = try server.session(user, password)
                for words in Self.allowed {
                    #expect(throws: Never.self, "\(user) \(words)") { try session.run(words) }
                }
            }
            #expect(await server.engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test(arguments: RedisServers.flavours)
    func anExportReadsTheWholeAndItsAccountDoesNothingElse(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let (engine, plan) = (try #require(server.engine as? Redis), server.plan)
            try await engine.open(plan)
            _ = try server.redis("set", "dish", "soup")
            let first = try #require(try await engine.exportAccount(plan))
            let command = engine.exportCommand(.rdb, database: "", build: server.build)
            let refused = try server.client(command)  // It writes nothing.
            #expect(refused.errors.contains("NOPERM"), "\(refused.errors)")
            let file = "\(server.folder)/whole.rdb"
            let written = try server.client(
                command.dropLast() + [file], user: first.user, password: first.password)
            #expect(written.status == 0, "\(written.errors)")
            #expect(try Data(contentsOf: URL(filePath: file)).range(of: Data("soup".utf8)) != nil)
            for words in Self.forbidden.filter({ !["SYNC", "REPLCONF"].contains($0[0]) }) + Self.allowed {
                let session = try server.session(first.user, first.password)
                #expect(throws: RedisFault.self, "\(words)") { try session.run(words) }
            }
            #expect(try await !engine.users(plan).contains { $0.name == first.user })
            let expected = engine.expectation(plan)
            #expect(await engine.probe(plan.address, expecting: expected) == .healthy)
            // The next export account has another password.
            let second = try #require(try await engine.exportAccount(plan))
            #expect(throws: RedisFault.self) { try server.session(first.user, first.password) }
            try server.administrate("ACL", "SETUSER", second.user, "~*", "+get")
            guard case .drifted(let drift) = await engine.probe(plan.address, expecting: expected) else {
                Issue.record("more rights are not noticed")
                return
            }
            try await engine.mendAccounts(drift, plan)
            #expect(await engine.probe(plan.address, expecting: expected) == .healthy)
            #expect(throws: RedisFault.self) { try server.session(second.user, second.password) }
        }
    }

    @Test(
        .enabled(if: geteuid() == 0, "without root, the server's user owns the files"), arguments: RedisServers.flavours
    )
    func theServerCannotChangeWhatItStartsFrom(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            #expect(throws: RedisFault.self) { try server.administrate("CONFIG", "REWRITE") }
            #expect(throws: RedisFault.self) { try server.administrate("ACL", "SAVE") }
            #expect(throws: RedisFault.self) { try server.administrate("CONFIG", "SET", "dir", "/tmp") }
            for (name, text) in server.engine.launch(server.plan, build: server.build).files {
                #expect(try String(contentsOfFile: "\(server.folder)/conf/\(name)", encoding: .utf8) == text)
            }
        }
    }

    @Test(arguments: RedisServers.flavours)
    func rotationAcceptsBothPasswordsUntilTheGraceEnds(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            func opens(_ password: String) throws -> Bool { try server.redis("ping", password: password) == "PONG" }
            // Before the server is open no password opens it.
            try await engine.applyAccounts(server.plan)
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try !opens(server.plan.applicationPassword))

            try await engine.open(server.plan)
            let standing = try server.session()
            server.plan = server.plan.rotated(to: "newSecret1", previous: "shownSecret1")
            try await engine.applyAccounts(server.plan)
            #expect(try opens("newSecret1") && opens("shownSecret1") && !opens("another"))
            try await server.restart()
            try await engine.open(server.plan)
            #expect(try opens("newSecret1") && opens("shownSecret1"))
            #expect(throws: RedisFault.self, "ended by the restart") { try standing.run(["PING"]) }

            let next = try server.session(nil, "shownSecret1")
            server.plan = server.plan.rotated(to: "newSecret1", previous: nil)
            try await engine.applyAccounts(server.plan)
            #expect(try opens("newSecret1") && !opens("shownSecret1"))
            #expect(throws: Never.self, "who is in stays in") { try next.run(["PING"]) }
        }
    }

    @Test(arguments: RedisServers.flavours)
    func addedUsersOutliveRestartsAndTheirRemovalDoesToo(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let (engine, plan) = (try #require(server.engine as? Redis), server.plan)
            try await engine.open(plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: plan)
            await #expect(throws: EngineError.userExists("cook")) {
                try await engine.addUser("cook", password: "other", plan: plan)
            }
            for name in ["default", "roost_admin"] {
                await #expect(throws: EngineError.userReserved(name)) {
                    try await engine.addUser(name, password: "other", plan: plan)
                }
                await #expect(throws: EngineError.userReserved(name)) { try await engine.removeUser(name, plan: plan) }
            }
            #expect(try await engine.users(plan).map(\.name) == ["default", "cook"])

            server.kill()
            try server.start()
            try await server.waitUntilItAnswers()
            #expect(throws: RedisFault.self, "closed to added users as well") {
                try server.session("cook", "cookSecret1")
            }
            try await engine.open(plan)
            let session = try server.session("cook", "cookSecret1")

            try await engine.removeUser("cook", plan: plan)
            #expect(throws: RedisFault.self, "its sessions end") { try session.run(["PING"]) }
            await #expect(throws: EngineError.userUnknown("cook")) { try await engine.removeUser("cook", plan: plan) }
            try await server.restart()
            try await engine.open(plan)
            #expect(throws: RedisFault.self) { try server.session("cook", "cookSecret1") }
            #expect(try await engine.users(plan).map(\.name) == ["default"])
        }
    }

    @Test(arguments: RedisServers.flavours)
    func ofManyAdditionsAtOnceNoneIsLost(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let (engine, plan) = (try #require(server.engine as? Redis), server.plan)
            try await engine.open(plan)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await engine.addUser("cook\(number)", password: "secret\(number)", plan: plan) }
                }
                try await group.waitForAll()
            }
            #expect(try await engine.users(plan).count == 21)
            try await server.restart()
            try await engine.open(plan)
            for number in 0..<20 {
                #expect(throws: Never.self) { try server.session("cook\(number)", "secret\(number)") }
            }
        }
    }

    /// The replica's connection stays, so that the primary refuses no write; the next connection uses the new password.
    @Test(arguments: RedisServers.flavours)
    func membersGetNewPasswordsOverTheSameConnection(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour, reshaped: { $0.member(0) }) { primary in
            let engine = try #require(primary.engine as? Redis)
            let port = primary.plan.internalPort
            try await engine.open(primary.plan)
            try await RedisServers.with(flavour, reshaped: { $0.member(1, source: port) }) { replica in
                func isConnected() async throws -> Bool {
                    try await engine.replicationReport(replica.plan.address).link == .up
                }
                /// Signs on as the replica does. The account may do nothing that a test could see besides.
                func accepts(_ password: String) -> Bool { (try? primary.session("roost_replica_1", password)) != nil }
                func renew(_ renewal: ServerPlan.Renewal) async throws {
                    primary.plan = primary.plan.member(0, renewed: renewal)
                    replica.plan = replica.plan.member(1, source: port, renewed: renewal)
                    for server in [primary, replica] { try await engine.applyAccounts(server.plan) }
                    let expected = engine.expectation(primary.plan)
                    #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
                }
                try await engine.follow(port, replica.plan)
                try await RedisServers.eventually("the replica is connected") { try await isConnected() }
                let connection = try primary.replicaConnection()
                try await renew(.both)
                #expect(accepts("followerSecret1") && accepts("nextSecret1"))
                replica.plan = replica.plan.member(1, source: port, renewed: .moved)
                try await engine.follow(port, replica.plan)
                let own = try #require(replica.plan.group?.own)
                #expect(try await engine.replicationReport(replica.plan.address).account == engine.account(own))
                try await renew(.done)
                #expect(!accepts("followerSecret1") && accepts("nextSecret1"))
                #expect(try primary.replicaConnection() == connection, "the connection was broken")
                try primary.administrate("CLIENT", "KILL", "TYPE", "replica")
                try await RedisServers.eventually("the replica is connected again") {
                    guard let next = try primary.replicaConnection(), next != connection else { return false }
                    return try await isConnected()
                }
            }
        }
    }

    @Test(arguments: RedisServers.flavours)
    func aForgedFileOfUsersGivesNoRights(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let hash = RedisAccess.digest("forgedSecret1")
            let lines = [
                "roost_admin \(hash)", "default \(hash)", "a +@all \(hash)", "b \(hash) +@all", "c nopass",
                "d \(hash)\r",
                "thief \(hash)",
            ]
            try Data(lines.joined(separator: "\n").utf8).write(
                to: URL(filePath: "\(server.plan.folders.data)/\(RedisData.usersFile)"))
            try await server.engine.open(server.plan)
            for name in ["roost_admin", "default", "a", "b", "c"] {
                #expect(throws: RedisFault.self, "\(name)") { try server.session(name, "forgedSecret1") }
            }
            let thief = try server.session("thief", "forgedSecret1")
            #expect(throws: RedisFault.self) { try thief.run(["CONFIG", "GET", "*"]) }
        }
    }
}
