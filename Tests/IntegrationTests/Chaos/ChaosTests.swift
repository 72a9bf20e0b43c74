import Foundation
import RoostModel
import Testing

/// roostd is killed at random moments while pushes, restarts, scalings and destroys run. `make chaos ROUNDS=200`.
@Suite
struct ChaosTests {
    @Test func aDaemonKilledAtAnyMomentLeavesEverythingAsDesired() async throws {
        let plan = ChaosPlan.fromEnvironment()
        print("chaos: \(plan.rounds) rounds, seed \(plan.seed) (make chaos ROUNDS=\(plan.rounds) SEED=\(plan.seed))")
        try await withRoost(arguments: ["--ready", "1"]) { roost in
            var run = ChaosRun(roost: roost, plan: plan)
            try await run.prepare()
            let writer = BusyWriter()
            try await withSession(of: "idle", roost) { idle in
                try await withSession(of: "busy", roost) { busy in
                    let idleID = try await idle.connectionID()
                    let busyID = try await busy.connectionID()
                    try await busy.query("create table ledger (id int auto_increment primary key, n int not null)")
                    async let written = writer.run(busy)
                    do {
                        for round in 1...plan.rounds { try await run.round(round) }
                        writer.stop()
                    } catch {
                        writer.stop()
                        throw error
                    }
                    let acknowledged = try await written

                    #expect(try await idle.connectionID() == idleID, "the idle connection was never cut")
                    #expect(try await busy.connectionID() == busyID, "nor was the busy one")
                    #expect(
                        try await busy.query("select count(*), max(n) from ledger") == [
                            "\(acknowledged)\t\(acknowledged)"
                        ])
                    print("chaos: \(acknowledged) rows written over one connection meanwhile")
                }
            }
            try await run.settle()
            try await run.checkNothingIsLeft()
            run.report()
        }
    }

    private func withSession(
        of service: String, _ roost: Roost, _ body: (Session) async throws -> Void
    ) async throws {
        try await roost.withSession(service, in: ChaosRun.application, body)
    }
}
