import Foundation
import Logging
import RoostControl
import RoostModel
import Synchronization
import Testing

@testable import RoostControlPlane

/// Comparisons by schedule over a store in memory: how often they begin, also after a restart of roostd.
@Suite struct ScheduledComparisonTests {
    static let now = Date(timeIntervalSince1970: 10_000_000)

    /// The services that comparisons were begun for.
    private final class Begun: Sendable {
        let services = Mutex<[ServiceID]>([])
        var count: Int { services.withLock { $0.count } }
    }

    private func scheduled(_ bench: Bench, _ begun: Begun, book: ComparisonBook? = nil, fails: Bool = false)
        -> ScheduledComparisons
    {
        ScheduledComparisons(
            records: bench.records, statusCache: bench.instances.services.statusCache,
            comparisons: bench.instances.comparisons, book: book ?? bench.book,
            begin: { id async throws(Problem) in
                begun.services.withLock { $0.append(id) }
                if fails { throw Problem(.serviceUnavailable, "it went down") }
                return .dryRun("verify", of: id)
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Gives the service a schedule, and has both of its members up.
    private func prepare(_ bench: Bench) async throws {
        try await bench.change {
            $0.settings.instances = 2
            $0.settings.durability = .async
            $0.settings.verify = VerifySettings(everySeconds: 86_400)
        }
        var report = ServiceReport()
        report.settledGeneration = 1
        for index in 0...1 {
            report.instances[index] = .init(
                state: .up, pid: nil, problem: nil, convergence: .settled, failures: 0,
                following: index == 0
                    ? nil : .init(ReplicationReport(role: .replica, link: .up, secondsBehind: 0), primary: nil))
        }
        bench.instances.services.statusCache.set(report, for: bench.id)
    }

    private func end(_ bench: Bench, at date: Date) async throws {
        try await bench.book.change(bench.id) {
            $0.last = .init(endedAt: date, operation: "o", isEqual: true, summary: "2 tables equal on 1 member")
        }
    }

    @Test func aComparisonBeginsOnceInItsTime() async throws {
        try await withBench { bench in
            let begun = Begun()
            let scheduled = scheduled(bench, begun)
            try await scheduled.look(at: Self.now)
            #expect(begun.count == 0, "no schedule")
            try await prepare(bench)
            for second in 0...2 { try await scheduled.look(at: Self.now + Double(second) * 30) }
            #expect(begun.count == 1)
            try await end(bench, at: Self.now + 120)
            try await scheduled.look(at: Self.now + 86_400)
            #expect(begun.count == 1, "the time runs from the end")
            try await scheduled.look(at: Self.now + 86_520)
            #expect(begun.count == 2)
        }
    }

    /// The next daemon knows from the store when the members were compared, and that a comparison had begun.
    @Test func aRestartForgetsNothing() async throws {
        try await withBench { bench in
            try await prepare(bench)
            try await scheduled(bench, Begun()).look(at: Self.now)
            let next = ComparisonBook(records: bench.records)
            try await next.load([try await bench.service()])
            let begun = Begun()
            try await scheduled(bench, begun, book: next).look(at: Self.now + 60)
            #expect(begun.count == 0, "the comparison that ended with the daemon is not repeated at once")
            try await scheduled(bench, begun, book: next).look(at: Self.now + 3600)
            #expect(begun.count == 1)
            try await end(bench, at: Self.now + 3700)
            try await next.load([try await bench.service()])
            let note = next.note(of: try await bench.service())
            #expect(note?.last?.endedAt == Self.now + 3700 && note?.begunAt == Self.now + 3600)
            try await scheduled(bench, begun, book: next).look(at: Self.now + 7300)
            #expect(begun.count == 1)
        }
    }

    @Test func aComparisonThatCannotBeginIsTriedAgainLater() async throws {
        try await withBench { bench in
            try await prepare(bench)
            let begun = Begun()
            let scheduled = scheduled(bench, begun, fails: true)
            for second in [0, 30, 3599, 3600] { try await scheduled.look(at: Self.now + Double(second)) }
            #expect(begun.count == 2)
        }
    }

    /// A daemon that stops begins nothing.
    @Test func nothingBeginsWhileComparisonsAreStopped() async throws {
        try await withBench { bench in
            try await prepare(bench)
            await bench.instances.comparisons.stop()
            let begun = Begun()
            try await scheduled(bench, begun).look(at: Self.now)
            let note = bench.book.note(of: try await bench.service())
            #expect(begun.count == 0 && note?.begunAt == nil)
        }
    }

    @Test func theLastComparisonIsShown() async throws {
        try await withBench { bench in
            try await prepare(bench)
            #expect(try await bench.pauses.resume(bench.id).replication.lastComparison == nil)
            try await end(bench, at: Self.now)
            let info = try await bench.pauses.resume(bench.id)
            #expect(info.verifyEverySeconds == 86_400)
            #expect(
                info.replication.lastComparison
                    == .init(
                        endedAt: Self.now, operation: "o", equal: true, summary: "2 tables equal on 1 member"))
        }
    }

    @Test func theNoteGoesWithTheService() async throws {
        try await withBench { bench in
            try await end(bench, at: Self.now)
            let found = try #require(try await bench.records.service(bench.id))
            try await bench.records.commit(Records.removal(of: found))
            try await bench.book.change(bench.id) { $0.begunAt = Self.now }
            #expect(
                try await bench.records.get(ComparisonNote.self, at: Records.comparisonsKey(bench.id)) == nil)
            bench.book.keep(only: [])
            #expect(bench.book.note(of: found.value) == nil)
        }
    }
}
