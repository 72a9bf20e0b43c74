import Foundation
import RoostAPI
import RoostModel
import Testing

/// Services of several instances, for the engines that support them.
@Suite
struct ReplicaTests {
    /// The types that may have several instances.
    static let types: Set = ["mariadb", "mysql", "postgresql", "redis", "valkey"]
    static let rows = EngineRow.here.filter { types.contains($0.type) }
    static let newest = EngineRow.ofCopies.filter { types.contains($0.type) }

    /// A replica is made of a running service, is read from, takes over on request, and is removed again; earlier
    /// writes are there at each step.
    @Test(arguments: rows)
    func aReplicaIsSeededFollowsAndTakesOver(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "a", "before")
            let added: UserInfo = try await roost.json(UserInfo.self, "user", "add", "it", "reader", "-A", "ramen")
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

    /// While clients write, the primary is killed and its directory taken away: every acknowledged write is on the
    /// replica that takes over, and the old primary becomes a replica again.
    @Test(arguments: newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) })
    func theLossOfAPrimaryAndItsDirectoryLosesNothing(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 3)
            for round in 0..<3 {
                try await roost.replicated()
                let ledgers = try ["a", "b", "c"].map {
                    try Ledger(row, at: service.url, in: roost.home, name: "\($0)\(round)")
                }
                for ledger in ledgers { try await ledger.waitForMore(20) }
                let before = try await roost.info("it")
                let primary = try #require(before.instances.first { $0.role == "primary" })
                kill(try #require(primary.pid), SIGKILL)
                let data = "\(roost.home)/instances/ramen/\(primary.name)/data"
                try FileManager.default.moveItem(atPath: data, toPath: "\(data).lost-\(round)")
                try await roost.eventuallyWrites(row, service, "round", "\(round)")
                let acknowledged = try ledgers.map { ledger in
                    _ = try ledger.end()
                    return ledger.last
                }
                let leads = try await roost.info("it").instances.first { $0.role == "primary" }?.name
                #expect(leads != primary.name)
                for (ledger, last) in zip(ledgers, acknowledged) {
                    // The entry that was on its way may have been committed.
                    let fault = try await Ledger.fault(
                        row, at: service.url, name: ledger.name, low: last, high: last + 1)
                    #expect(fault == nil, "round \(round): \(fault ?? "")")
                }
            }
            try await roost.replicated()
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

    /// A primary that hangs is killed and replaced. Without the promise that nothing is lost, the loss must be accepted.
    @Test(arguments: newest)
    func aPrimaryIsReplacedByForce(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            _ = try await roost.ask(row, service, "put", "a", "kept")
            let isProven = !["redis", "valkey"].contains(row.type)
            if isProven {
                roost.serverProcesses(of: "it.0").signal(SIGSTOP)
                try await roost.roost("failover", "it", "-A", "ramen").expectSuccess()
                #expect(try await roost.roles() == ["replica", "primary"])
                #expect(try await roost.ask(row, service, "get", "a") == "kept")
                try await roost.replicated()
                try await roost.push(row.file(keys: "instances: 2, durability: async"))
            }
            let primary = isProven ? "it.1" : "it.0"
            try await roost.eventuallyReads(
                row, "a", "kept", at: roost.info("it", showPassword: true).url(ofInstance: isProven ? 0 : 1))
            let refused = try await roost.roost("failover", "it", "-A", "ramen")
            #expect(refused.status != 0 && refused.errors.contains("--accept-data-loss"), "\(refused)")
            try await roost.roost("wait", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.info("it").instances.first { $0.role == "primary" }?.name == primary)

            if isProven {
                roost.serverProcesses(of: primary).signal(SIGKILL)
                let data = "\(roost.home)/instances/ramen/\(primary)/data"
                try FileManager.default.moveItem(atPath: data, toPath: "\(data).lost")
                try await eventually("the service says what to do") {
                    try await roost.info("it").problems.contains { $0.contains("--accept-data-loss") }
                }
            }
            try await roost.roost("failover", "it", "-A", "ramen", "--accept-data-loss", "--yes").expectSuccess()
            #expect(try await roost.info("it").instances.first { $0.role == "primary" }?.name != primary)
            #expect(try await roost.ask(row, service, "get", "a") == "kept")
            try await roost.replicated()
        }
    }

    /// The next daemon goes on with whatever a killed daemon was doing.
    @Test func aKilledDaemonGoesOnWithGroups() async throws {
        let row = try #require(Self.rows.first { $0.type == "redis" })
        try await withRoost { roost in
            let service = try await roost.serve(row)
            for round in 0..<6 {
                _ = try await roost.ask(row, service, "put", "round", "\(round)")
                let count = [2, 3][round % 2]
                _ = try await roost.roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes", "--no-wait")
                if round > 1 { _ = try await roost.roost("promote", "it", "-A", "ramen", "--no-wait") }
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
        let row = try #require(Self.rows.first { $0.type == "redis" })
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

extension Roost {
    fileprivate func scale(to count: Int) async throws {
        try await roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await info("it").instances.count == count)
    }

    fileprivate func replicated() async throws {
        try await roost("wait", "it", "-A", "ramen", "--for", "replicated", "--timeout", "120s").expectSuccess()
    }

    /// The processes of an instance's server.
    fileprivate func serverProcesses(of instance: String) -> [RunningProcess] {
        ProcessTable.processes(of: "\(home)/instances/ramen/\(instance)").filter { !$0.program.hasPrefix("roost") }
    }

    /// Kills the primary's server: the service goes on with all writes, wherever.
    fileprivate func goesOnAfterKill(_ row: EngineRow, _ service: ServiceInfo) async throws {
        try await replicated()
        let old = try #require(try await info("it").instances.first { $0.role == "primary" }?.pid)
        kill(old, SIGKILL)
        try await eventuallyReads(row, "b", "behind it", at: service.url)
        try await roost("wait", "it", "-A", "ramen").expectSuccess()
        #expect(try await roles().sorted() == ["primary", "replica"])
        try await replicated()
    }

    fileprivate func roles() async throws -> [String] { try await info("it").instances.map(\.role) }

    fileprivate func eventuallyReads(
        _ row: EngineRow, _ key: String, _ value: String, at url: String?
    ) async throws {
        try await eventuallyOrExplained("\(key) is \(value)") {
            (try? await ask(row, at: url, "get", key)) == value
        }
    }

    /// A connection that was made just before the primary's end was noticed is broken with it.
    fileprivate func eventuallyWrites(
        _ row: EngineRow, _ service: ServiceInfo, _ key: String, _ value: String
    ) async throws {
        try await eventuallyOrExplained("\(key) is written") {
            (try? await ask(row, service, "put", key, value)) != nil
        }
    }

    private func eventuallyOrExplained(_ what: String, _ condition: () async throws -> Bool) async throws {
        do { try await eventually(what, within: .seconds(120), condition) } catch {
            throw try await explained(error)
        }
    }

    /// The error, with what the service did before.
    fileprivate func explained(_ error: any Error) async throws -> Unexpected {
        let events = try await roost("events", "-A", "ramen", "-n", "60").output
        let info = try await roost("info", "it", "-A", "ramen", "--json").output
        return Unexpected("\(error)\n\(events)\n\(info)")
    }
}

extension [RunningProcess] {
    fileprivate func signal(_ signal: Int32) {
        for process in self { kill(process.pid, signal) }
    }
}

extension ServiceInfo {
    /// The service's URL with another port.
    fileprivate func url(port: PortNumber) -> String? {
        url?.replacing(":\(endpoint.port)/", with: ":\(port)/")
    }

    fileprivate func url(ofInstance index: Int) -> String? {
        instances.first { $0.name == "\(service).\(index)" }.flatMap { url(port: $0.port) }
    }

    fileprivate func url(user: String, password: String) -> String? {
        guard var url = url.flatMap({ URLComponents(string: $0) }) else { return nil }
        (url.user, url.password) = (user, password)
        return url.string
    }
}
