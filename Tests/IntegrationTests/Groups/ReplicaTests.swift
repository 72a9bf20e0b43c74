import Foundation
import RoostAPI
import RoostModel
import Testing

/// Services of several instances, for the engines that support them.
@Suite
struct ReplicaTests {
    /// The types that may have several instances.
    static let types: Set = ["mariadb", "mysql", "postgresql", "redis", "valkey"]
    static let newest = EngineRow.ofCopies.filter { types.contains($0.type) }
    /// One of each kind: Roost has the same code for Valkey as for Redis.
    static let distinct = newest.filter { $0.type != "valkey" }

    /// A replica is made of a running service, is read from, takes over on request, and is removed again; earlier
    /// writes are there at each step.
    @Test(arguments: newest)
    func aReplicaIsSeededFollowsAndTakesOver(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "a", "before")
            let readsChanges = ["mariadb", "mysql"].contains(row.type)
            let right = readsChanges ? ["--replication", "cdc"] : []
            let made = try await roost.roost(["user", "add", "it", "reader", "-A", "ramen", "--json"] + right)
            let added: UserInfo = try JSON.decode(from: Data(try made.expectSuccess().output.utf8))
            try await roost.scale(to: 2)
            try await roost.replicated()
            let group = try await roost.info("it", showPassword: true)
            #expect(group.replication.status == "online" && group.state == .running, "\(group)")
            #expect(group.replication.mode == "sync" && group.replication.atRiskSeconds == 0, "\(group)")
            #expect(group.instances.map(\.synchronous) == [nil, true])
            try await roost.roost("replication", "it", "-A", "ramen").expectSuccess()
            let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "it"))
            let watched = try await roost.api("GET", ServiceEndpoints.replication.path(id))
            #expect(watched.status == 200, "as a monitor asks")
            #expect(try await roost.ask(row, at: group.url(ofInstance: 1), "get", "a") == "before")
            await #expect(throws: (any Error).self, "a replica takes no writes") {
                try await roost.ask(row, at: group.url(ofInstance: 1), "put", "a", "lost")
            }
            #expect(try await roost.ask(row, at: group.url(port: group.readEndpoint.port), "get", "a") == "before")

            try await roost.roost("promote", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.roles() == ["replica", "primary"])
            _ = try await roost.ask(row, service, "put", "b", "behind it")
            try await roost.eventuallyReads(row, "b", "behind it", at: group.url(ofInstance: 0))
            let reader = group.url(user: "reader", password: try #require(added.password))
            #expect(try await roost.ask(row, at: reader, "get", "a") == "before")
            if readsChanges {
                // Every member has the user and the right, and none finds fault with them.
                let list: ItemList<UserInfo> = try await roost.json(
                    ItemList<UserInfo>.self, "user", "ls", "it", "-A", "ramen")
                #expect(list.items.first { $0.name == "reader" }?.replication == [.cdc])
                #expect(try await roost.info("it").problems == [])
            }
            try await roost.goesOnAfterKill(row, service)
            try await roost.roost("restart", "it.0", "-A", "ramen").expectSuccess()
            try await roost.replicated()
            try await roost.roost("user", "rm", "it", "reader", "-A", "ramen", "--yes").expectSuccess()
            try await roost.scale(to: 3)
            try await roost.scale(to: 1)
            #expect(try await roost.roles() == ["primary"])
            #expect(try await roost.ask(row, service, "get", "b") == "behind it")
        }
    }

    /// A group is restored to a snapshot and brought back after its destruction, each time with replicas.
    @Test(arguments: newest)
    func aGroupIsRestored(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "a", "before")
            try await roost.roost("snapshot", "new", "it", "-A", "ramen").expectSuccess()
            try await roost.scale(to: 2)
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "a", "after")
            try await roost.roost("snapshot", "restore", "it", "-A", "ramen", "--yes").expectSuccess()
            try await roost.replicated()
            let group = try await roost.info("it", showPassword: true)
            #expect(try await roost.ask(row, service, "get", "a") == "before")
            try await roost.eventuallyReads(row, "a", "before", at: group.url(ofInstance: 1))
            let kept = try await roost.snapshots().map(\.reason)
            #expect(kept.contains("restore") && kept.contains("diverged"), "\(kept)")

            try await roost.roost("resync", "it.1", "-A", "ramen", "--yes").expectSuccess()
            try await roost.replicated()
            try await roost.roost("destroy", "it", "-A", "ramen", "--yes").expectSuccess()
            try await roost.roost("snapshot", "restore", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.ask(row, service, "get", "a") == "before")
            #expect(try await roost.roles() == ["primary", "replica"])
        }
    }

    /// With `strict`, a commit waits for as long as no replica answers; with `async`, for nobody. Both are changed on the
    /// running servers.
    @Test(arguments: newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) })
    func theDurabilityIsChangedInPlace(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            _ = try await roost.ask(row, service, "put", "a", "before")
            let before = try await roost.info("it").instances.map(\.pid)
            try await roost.push(row.file(keys: "instances: 2, durability: strict"))
            #expect(try await roost.info("it").replication.mode == "strict")
            let replica = roost.serverProcesses(of: "it.1")
            replica.signal(SIGSTOP)
            let waiting = Task { try await roost.ask(row, service, "put", "a", "strict") }
            try await eventually("the service says that commits wait") {
                try await roost.info("it").problems.contains { $0.contains("durability: strict") }
            }
            #expect(try await roost.ask(row, service, "get", "a") != "strict", "nobody has acknowledged it")
            replica.signal(SIGCONT)
            _ = try await waiting.value
            try await roost.roost("wait", "it", "-A", "ramen", "--for", "replicated").expectSuccess()

            // Without its replica the primary would take no write.
            try await roost.roost("password", "rotate", "it", "--replication", "-A", "ramen").expectSuccess()
            _ = try await roost.ask(row, service, "put", "a", "rotated")
            let told = try await roost.roost("events", "-A", "ramen", "-n", "60").output
            #expect(told.contains("new passwords") && !told.contains("no longer wait"), "\(told)")

            try await roost.push(row.file(keys: "instances: 2, durability: async"))
            let group = try await roost.info("it", showPassword: true)
            #expect(group.replication.mode == "async" && group.replication.atRiskSeconds == 0, "\(group)")
            #expect(group.instances.map(\.synchronous) == [nil, false] && group.state == .running, "\(group)")
            #expect(group.instances.map(\.pid) == before, "no server was restarted")
            replica.signal(SIGSTOP)
            _ = try await roost.ask(row, service, "put", "a", "async")
            replica.signal(SIGCONT)
            try await roost.eventuallyReads(row, "a", "async", at: group.url(ofInstance: 1))
        }
    }

    /// Members are compared while a writer goes on, and one that is down is named and fails nothing.
    @Test(arguments: newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) })
    func theMembersAreCompared(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            let alone = try await roost.roost("replication", "verify", "it", "-A", "ramen")
            #expect(alone.status == 1 && alone.errors.contains("roost scale it:instances=2"), "\(alone)")
            let keys = row.type == "mariadb" ? "instances: 3, verify: {every: 1h}" : "instances: 3"
            try await roost.push(row.file(keys: keys))
            try await roost.replicated()
            if row.type == "mariadb" { try await comparedBySchedule(roost) }
            let writer = Task {
                for number in 0... {
                    try Task.checkCancellation()
                    _ = try await roost.ask(row, service, "put", "key\(number % 20)", "\(number)")
                }
            }
            let busy = try await roost.roost("replication", "verify", "it", "-A", "ramen", "--json")
            writer.cancel()
            _ = await writer.result
            // A table that changes all the time may remain uncompared.
            #expect([0, 6].contains(busy.status), "\(busy)")
            let found = try JSON.decode(OperationInfo.self, from: Data(busy.output.utf8))
            #expect(found.comparison?.hasDifference == false, "\(found)")
            let still = try await roost.json(OperationInfo.self, "replication", "verify", "it", "-A", "ramen")
            #expect(still.comparison?.isEqual == true && still.kind == "verify", "\(still)")
            #expect(try await roost.info("it").replication.lastComparison?.operation == still.id)
            #expect(still.steps.last?.name.hasSuffix("equal on 2 members") == true, "\(still.steps)")

            let replica = roost.serverProcesses(of: "it.2")
            replica.signal(SIGSTOP)
            let partly = try await roost.roost("replication", "verify", "it", "-A", "ramen")
            replica.signal(SIGCONT)
            #expect(partly.status == 6 && partly.output.contains("not compared"), "\(partly)")
            try await roost.replicated()
        }
    }

    /// Members that were never compared are compared soon, and the next daemon knows when.
    private func comparedBySchedule(_ roost: Roost) async throws {
        try await eventually("the members are compared by schedule", within: .seconds(120)) {
            try await roost.info("it").replication.lastComparison != nil
        }
        let info = try await roost.info("it")
        let last = try #require(info.replication.lastComparison)
        #expect(last.equal && last.summary.hasSuffix("equal on 2 members") && info.verifyEverySeconds == 3600)
        let operation: OperationInfo = try await roost.json(OperationInfo.self, "operation", "show", last.operation)
        #expect(operation.kind == "verify" && operation.comparison?.isEqual == true, "\(operation)")
        let events = try await roost.roost("events", "-A", "ramen", "-n", "60").output
        #expect(events.contains(last.summary))
        await roost.killDaemon()
        try await roost.start()
        #expect(try await roost.info("it").replication.lastComparison == last)
        try await roost.replicated()
    }

    @Test func redisMembersAreNotCompared() async throws {
        let row = try #require(Self.newest.first { $0.type == "redis" })
        try await withRoost { roost in
            _ = try await roost.serve(row)
            let refused = try await roost.roost("replication", "verify", "it", "-A", "ramen")
            #expect(refused.status != 0 && refused.errors.contains("cannot be compared"), "\(refused)")
        }
    }

    /// The next daemon goes on with whatever a killed daemon was doing.
    @Test func aKilledDaemonGoesOnWithGroups() async throws {
        let row = try #require(Self.newest.first { $0.type == "redis" })
        try await withRoost { roost in
            let service = try await roost.serve(row)
            for round in 0..<6 {
                _ = try await roost.ask(row, service, "put", "round", "\(round)")
                let count = [2, 3][round % 2]
                _ = try await roost.roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes", "--no-wait")
                if round > 1 { _ = try await roost.roost("promote", "it", "-A", "ramen", "--no-wait") }
                _ = try await roost.roost("password", "rotate", "it", "--replication", "-A", "ramen", "--no-wait")
                await roost.killDaemon()
                try await roost.start()
                try await roost.roost("wait", "it", "-A", "ramen").expectSuccess()
                let roles = try await roost.roles()
                #expect(roles.filter { $0 == "primary" }.count == 1, "\(roles)")
                #expect(try await roost.ask(row, service, "get", "round") == "\(round)")
            }
        }
    }

    @Test func moreThanThereMayBeIsRefused() async throws {
        let row = try #require(Self.newest.first { $0.type == "redis" })
        try await withRoost { roost in
            _ = try await roost.serve(row)
            for (count, words) in [("0", "a whole number of at least 1"), ("100", "at most 9 instances")] {
                let refused = try await roost.roost("scale", "it:instances=\(count)", "-A", "ramen")
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            }
            let alone = try await roost.roost("promote", "it", "-A", "ramen")
            #expect(alone.status == 1 && alone.errors.contains("roost scale it:instances=2"), "\(alone)")
        }
    }
}
