import Foundation
import RoostControl
import RoostModel
import Testing

@testable import RoostControlPlane

/// Requests for another primary and their dry runs, over a store in memory.
@Suite struct PromotionHandlerTests {
    @Test func aDryRunTellsWhatWouldHappenAndChangesNothing() async throws {
        try await withBench { bench in
            bench.report()
            let request = PromoteRequest(drainSeconds: 5, dryRun: true)
            let answer = try await bench.instances.promote(bench.id, request)
            #expect(answer.state == .done && answer.error == nil)
            #expect(answer.promotion?.to == "data.1" && answer.promotion?.drainSeconds == 5)
            #expect(try await bench.service().spec.request == nil)
            #expect(await bench.kinds.isEmpty)
        }
    }

    @Test func aDryRunThatIsBlockedFailsWithTheReasons() async throws {
        try await withBench { bench in
            bench.report()
            try await bench.change { $0.pause = .init(until: Date(timeIntervalSinceNow: 600)) }
            let answer = try await bench.instances.promote(bench.id, PromoteRequest(dryRun: true))
            #expect(answer.state == .failed && answer.error?.contains("is paused until") ?? false)
            #expect(answer.promotion?.blockers.count == 1)
            try await bench.change { spec in
                spec.pause = nil
                spec.ask(for: .promote(to: 1))
            }
            let late = try await bench.instances.promote(bench.id, PromoteRequest(dryRun: true))
            #expect(late.state == .failed && late.error?.contains("about to become the primary") ?? false)
        }
    }

    @Test func aRequestStoresTheTargetAndTheTimeForTransactions() async throws {
        try await withBench { bench in
            bench.report()
            let operation = try await bench.instances.promote(bench.id, PromoteRequest(drainSeconds: 5))
            #expect(operation.kind == "promote" && operation.promotion == nil)
            #expect(try await bench.service().goal == .promote(to: 1, drainSeconds: 5))
        }
        try await withBench { bench in
            bench.report()
            _ = try await bench.instances.promote(bench.id, PromoteRequest(drainSeconds: 0))
            #expect(try await bench.service().goal == .promote(to: 1))
        }
    }

    @Test func aRequestIsRefusedForTheReasonsOfItsDryRun() async throws {
        try await withBench { bench in
            bench.report(link: .broken(reason: "duplicate key"))
            let refusal = await #expect(throws: Problem.self) {
                try await bench.instances.promote(bench.id, PromoteRequest())
            }
            let dry = try await bench.instances.promote(bench.id, PromoteRequest(dryRun: true))
            #expect(refusal?.code == .serviceUnavailable && refusal?.message == dry.error)
            #expect(try await bench.service().goal == .run)
        }
    }
}

extension Bench {
    /// Has both members up, and the second follow the first.
    fileprivate func report(link: ReplicationReport.Link = .up) {
        var report = ServiceReport()
        for index in 0...1 {
            report.instances[index] = .init(
                state: .up, pid: nil, problem: nil, convergence: .settled, failures: 0,
                following: index == 0
                    ? nil : .init(ReplicationReport(role: .replica, link: link, secondsBehind: 0), primary: nil))
        }
        instances.services.statusCache.set(report, for: id)
    }
}
