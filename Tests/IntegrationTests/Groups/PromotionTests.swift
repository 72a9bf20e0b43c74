import Foundation
import RoostModel
import Testing

/// Planned changes of the primary: their dry run, and the time that open transactions have.
@Suite
struct PromotionTests {
    static let mariadb = EngineRow.ofCopies.filter { $0.type == "mariadb" }.prefix(1)

    /// A transaction that ends in time is on the new primary, and its session was not cut before.
    @Test(arguments: mariadb) func anOpenTransactionHasTimeToEnd(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "a", "before")
            try await roost.withSession("it") { session in
                try await session.query("create table drained (n int primary key)")
                try await session.query("begin")
                try await session.query("insert into drained values (1)")
                try await roost.roost("promote", "it", "-A", "ramen", "--drain", "60s", "--no-wait").expectSuccess()
                try await Task.sleep(for: .seconds(3))
                #expect(try await roost.roles() == ["primary", "replica"], "it waits")
                try await session.query("insert into drained values (2)")
                #expect(try await session.query("commit") == [])
            }
            // More than the rest of the minute would be a failure.
            try await roost.roost("wait", "it", "-A", "ramen", "--timeout", "20s").expectSuccess()
            #expect(try await roost.roles() == ["replica", "primary"])
            let found = try await roost.withSession("it") { try await $0.query("select count(*) from drained") }
            #expect(found == ["2"])
            try await readersHaveTimeToEnd(roost)
        }
    }

    /// A replica that is to leave keeps its reader, under the next daemon too, and nobody else is sent there.
    private func readersHaveTimeToEnd(_ roost: Roost) async throws {
        let port = ["--port=\(try await roost.info("it").readEndpoint.port)"]
        func server() async throws -> [String] {
            try await roost.withSession("it", options: port) { try await $0.query("select @@server_id") }
        }
        try await roost.replicated()
        try await roost.withSession("it", options: port) { reader in
            let leaving = try await reader.query("select @@server_id")
            try await roost.roost("scale", "it:instances=1", "-A", "ramen", "--drain", "60s", "--yes", "--no-wait")
                .expectSuccess()
            await roost.killDaemon()
            try await roost.start()
            try await eventually("the read endpoint leads to the primary") { try await server() != leaving }
            for _ in 1...3 { #expect(try await server() != leaving) }
            #expect(try await reader.query("select count(*) from drained") == ["2"], "it is not cut")
            let instances = try await roost.info("it").instances
            #expect(instances.map(\.role) == ["replica", "primary"])
            #expect(instances.first?.reason?.hasPrefix("leaves once its readers have ended") ?? false)
        }
        // More than the rest of the minute would be a failure.
        try await eventually("it leaves with its last reader", within: .seconds(30)) {
            try await roost.roles() == ["primary"]
        }
    }

    /// A transaction that does not end is cancelled once its time is over.
    @Test(arguments: mariadb) func aTransactionThatDoesNotEndDelaysTheChangeByItsTimeAlone(
        _ row: EngineRow
    ) async throws {
        try await withRoost { roost in
            _ = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            try await roost.withSession("it") { session in
                try await session.query("create table cut (n int primary key)")
                try await session.query("begin")
                try await session.query("insert into cut values (1)")
                let began = ContinuousClock.now
                try await roost.roost("promote", "it", "-A", "ramen", "--drain", "3s").expectSuccess()
                let took = ContinuousClock.now - began
                #expect(took >= .seconds(3) && took < .seconds(20), "\(took)")
                await #expect(throws: Session.Ended.self) { try await session.query("commit") }
            }
            #expect(try await roost.roles() == ["replica", "primary"])
            let found = try await roost.withSession("it") { try await $0.query("select count(*) from cut") }
            #expect(found == ["0"])
        }
    }

    /// Sessions without a transaction, and none at all, cost no time.
    @Test(arguments: ReplicaTests.newest) func withoutATransactionNothingIsWaitedFor(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            _ = try await roost.ask(row, service, "put", "a", "kept")
            try await roost.replicated()
            let began = ContinuousClock.now
            try await roost.roost("promote", "it", "-A", "ramen", "--drain", "60s").expectSuccess()
            #expect(ContinuousClock.now - began < .seconds(40))
            #expect(try await roost.roles() == ["replica", "primary"])
            #expect(try await roost.ask(row, service, "get", "a") == "kept")
        }
    }

    @Test(arguments: ReplicaTests.newest) func aDryRunTellsWhatWouldHappen(_ row: EngineRow) async throws {
        try await withRoost { roost in
            _ = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            let before = try await roost.info("it").epoch
            func dryRun() async throws -> (status: Int32, promotion: PromotionInfo?) {
                let outcome = try await roost.roost("promote", "it", "-A", "ramen", "--dry-run", "--json")
                let operation = try JSON.decode(OperationInfo.self, from: Data(outcome.output.utf8))
                #expect((operation.state == .done) == (outcome.status == 0), "\(outcome)")
                return (outcome.status, operation.promotion)
            }
            let works = try await dryRun()
            #expect(works.status == 0 && works.promotion?.from == "it.0" && works.promotion?.to == "it.1")
            #expect(works.promotion?.position != nil && works.promotion?.candidates.first?.position != nil)
            try await roost.roost("pause", "it", "-A", "ramen").expectSuccess()
            let paused = try await dryRun()
            #expect(paused.status == 6 && paused.promotion?.blockers.first?.contains("is paused until") ?? false)
            // Nothing repairs the replica while the service is paused.
            roost.serverProcesses(of: "it.1").signal(SIGKILL)
            try await eventually("the replica is named") {
                try await dryRun().promotion?.candidates.first?.blockers.isEmpty == false
            }
            try await roost.roost("resume", "it", "-A", "ramen").expectSuccess()
            try await roost.replicated()
            #expect(try await dryRun().status == 0)
            #expect(try await roost.info("it").epoch == before)
            #expect(try await roost.roles() == ["primary", "replica"])
        }
    }
}
