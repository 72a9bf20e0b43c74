import Foundation
import RoostAPI
import RoostModel
import Testing

/// Changes of the primary that nobody planned.
@Suite
struct FailoverTests {
    /// While clients write, the primary is killed and its directory taken away: every acknowledged write is on the
    /// replica that takes over, and the old primary becomes a replica again.
    @Test(arguments: ReplicaTests.newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) })
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
                let told = try await roost.lastFailover()
                #expect([.primaryEnded, .dataLost].contains(told.cause) && told.from == primary.name, "\(told)")
                #expect(told.to == leads && told.outcome == .completed && told.lost == .nothing, "\(told)")
                #expect(told.timeline.map(\.step) == FailoverInfo.Step.Name.allCases, "\(told)")
                let times = told.timeline.map(\.milliseconds)
                #expect(times == times.sorted() && told.writesOutMilliseconds == times.last, "\(told)")
            }
            try await roost.replicated()
            let before = try await roost.lastFailover()
            try await roost.roost("promote", "it", "-A", "ramen").expectSuccess()
            let planned = try await roost.lastFailover(after: before.id)
            #expect(planned.cause == .requested && planned.from == before.to, "\(planned)")
            #expect(planned.outcome == .completed && planned.lost == .nothing, "\(planned)")
            let listed = try await roost.json(ItemList<FailoverInfo>.self, "failovers", "it", "-A", "ramen")
            #expect(listed.items.count == 4 && listed.items.first == planned, "\(listed)")
            let shown = try await roost.roost("failovers", "it", "\(planned.id)", "-A", "ramen").expectSuccess()
            #expect(shown.output.contains("primary     \(planned.from) → \(planned.to)\n"), "\(shown.output)")
        }
    }

    /// With `durability: async` and a limit, the loss of a primary and its directory is survived without a question, and
    /// the record tells how much may be lost. What the replica had is there.
    @Test(arguments: ReplicaTests.newest.filter { $0.type != "mongodb" })
    func anAsynchronousReplicaTakesOverWithinTheLimit(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.push(row.file(keys: "instances: 2, durability: async, max_loss: 1h"))
            try await roost.replicated()
            #expect(try await roost.info("it").maxLossSeconds == 3600)
            _ = try await roost.ask(row, service, "put", "a", "kept")
            try await roost.eventuallyReads(
                row, "a", "kept", at: roost.info("it", showPassword: true).url(ofInstance: 1))
            roost.serverProcesses(of: "it.0").signal(SIGKILL)
            let data = "\(roost.home)/instances/ramen/it.0/data"
            try FileManager.default.moveItem(atPath: data, toPath: "\(data).lost")
            try await roost.eventuallyWrites(row, service, "after", "written")
            #expect(try await roost.roles() == ["replica", "primary"])
            #expect(try await roost.ask(row, service, "get", "a") == "kept")
            let told = try await roost.lastFailover()
            #expect(told.to == "it.1" && told.lost == .bounded, "\(told)")
            #expect(told.lostAtMostSeconds.map { (0...60).contains($0) } ?? false, "\(told)")
            try await roost.replicated()
        }
    }

    /// A primary that hangs is found, killed and replaced without anybody asking. Nothing that it acknowledged is lost.
    @Test(arguments: ReplicaTests.newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) })
    func aPrimaryThatHangsIsReplaced(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            let ledger = try Ledger(row, at: service.url, in: roost.home, name: "hung")
            try await ledger.waitForMore(20)
            roost.serverProcesses(of: "it.0").signal(SIGSTOP)
            try await roost.eventuallyWrites(row, service, "after", "written")
            _ = try ledger.end()
            #expect(try await roost.roles() == ["replica", "primary"])
            let fault = try await Ledger.fault(
                row, at: service.url, name: ledger.name, low: ledger.last, high: ledger.last + 1)
            #expect(fault == nil, "\(fault ?? "")")
            try await roost.replicated()
        }
    }

    /// The replica restarts first, then takes the primary's place, which restarts as a replica. Only the change is seen.
    @Test(arguments: ReplicaTests.distinct)
    func aGroupRestartsMemberByMember(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "a", "before")
            let before = try await roost.info("it").instances.map(\.pid)
            try await roost.roost("restart", "it", "-A", "ramen").expectSuccess()
            let after = try await roost.info("it").instances
            #expect(after.allSatisfy { !before.contains($0.pid) && $0.pid != nil }, "\(before) \(after)")
            #expect(after.map(\.role) == ["replica", "primary"])
            let told = try await roost.lastFailover()
            #expect(told.cause == .restart && told.from == "it.0" && told.outcome == .completed, "\(told)")
            #expect(try await roost.ask(row, service, "get", "a") == "before")
            try await roost.replicated()
        }
    }

    /// A primary that hangs is killed and replaced on request as well. Without the promise that nothing is lost, the loss must be accepted.
    @Test(arguments: ReplicaTests.distinct)
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
}

extension Roost {
    /// The newest record of a failover of `it`, once it is complete and later than that of epoch `epoch`.
    fileprivate func lastFailover(after epoch: UInt64 = 0) async throws -> FailoverInfo {
        let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "it"))
        func newest() async throws -> FailoverInfo? {
            let answer = try await api("GET", ServiceEndpoints.failovers.path(id) + "?limit=1")
            return try JSON.decode(ItemList<FailoverInfo>.self, from: answer.body).items.first
        }
        try await eventually("the failover's record is complete") {
            try await newest().map { $0.id > epoch && $0.outcome != .underWay } ?? false
        }
        guard let found = try await newest() else { throw Unexpected("no failover is recorded") }
        return found
    }
}
