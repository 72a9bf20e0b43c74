import Foundation
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
            }
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

    /// A primary that hangs is killed and replaced on request as well. Without the promise that nothing is lost, the loss must be accepted.
    @Test(arguments: ReplicaTests.newest)
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
