import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost failovers`.
@Suite struct FailoversTests {
    static let path = "/v1/applications/ramen/services/data/failovers"

    private static var completed: FailoverInfo {
        var item = FailoverInfo(
            id: 4, cause: .primaryEnded, from: "data.0", to: "data.1", began: Date(timeIntervalSinceNow: -12_600))
        item.timeline = [.init(.suspected, milliseconds: 0), .init(.rerouted, milliseconds: 84)]
        item.candidates = [
            .init(instance: "data.1", position: "0-1-42", standing: .equal, reason: nil),
            .init(instance: "data.2", position: nil, standing: .unreachable, reason: "it did not answer"),
        ]
        item.lost = .nothing
        item.writesOutMilliseconds = 84
        item.outcome = .completed
        item.reason = "the server of data.0 ended"
        return item
    }

    private static var undone: FailoverInfo {
        var item = FailoverInfo(
            id: 2, cause: .requested, from: "data.0", to: "data.0", began: Date(timeIntervalSinceNow: -19_800))
        item.outcome = .undone
        return item
    }

    private static func daemon(_ body: (Scene, FakeDaemon) async throws -> Void) async throws {
        try await withDaemon(["GET \(path)": { _ in try .json(ItemList([completed, undone])) }], body)
    }

    @Test func theListIsATableNewestFirst() async throws {
        try await Self.daemon { scene, daemon in
            let outcome = await scene.roost("failovers", "data", "-A", "ramen")
            #expect(
                outcome.output == """
                    ID  WHEN    CAUSE          PRIMARY          WRITES OUT  LOST     OUTCOME
                     4  3h ago  primary_ended  data.0 → data.1       84 ms  nothing  completed
                     2  5h ago  requested      data.0 → data.0           -  unknown  undone

                    """)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(daemon.requests.map(\.target) == ["\(Self.path)?limit=20"])
        }
    }

    @Test func aRecordHasItsTimelineAndItsCandidates() async throws {
        try await Self.daemon { scene, _ in
            let outcome = await scene.roost("failovers", "data", "4", "-A", "ramen")
            #expect(outcome.status == 0)
            let lines = outcome.output.split(separator: "\n").map(String.init)
            let began = try #require(lines.first { $0.hasPrefix("began       20") })
            #expect(
                lines == [
                    "failover 4: completed",
                    "cause       primary_ended",
                    "primary     data.0 → data.1",
                    began,
                    "writes out  84 ms",
                    "lost        nothing",
                    "reason      the server of data.0 ended",
                    "step        suspected after 0 ms",
                    "step        rerouted  after 84 ms",
                    "CANDIDATE  STANDING     NOT CHOSEN BECAUSE  POSITION",
                    "data.1     equal        -                   0-1-42",
                    "data.2     unreachable  it did not answer   -",
                ], "\(outcome.output)")
        }
    }

    /// A service without replicas has no candidates, and a record that was not completed has no end.
    @Test func aRecordWithoutCandidatesHasNoTable() async throws {
        try await Self.daemon { scene, _ in
            let outcome = await scene.roost("failovers", "data", "2", "-A", "ramen")
            #expect(outcome.output.contains("writes out  -\nlost        unknown\n"), "\(outcome)")
            #expect(!outcome.output.contains("CANDIDATE") && !outcome.output.contains("reason"))
        }
    }

    static let limits: [(options: [String], query: String)] = [
        ([], "limit=20"), (["--limit", "1"], "limit=1"), (["--limit", "100"], "limit=100"), (["4"], "limit=100"),
    ]

    /// A record is looked for among all that are kept.
    @Test(arguments: limits) func theLimitIsPassedOn(options: [String], query: String) async throws {
        try await Self.daemon { scene, daemon in
            _ = await scene.run(["failovers", "data", "-A", "ramen"] + options)
            #expect(daemon.requests.map(\.target) == ["\(Self.path)?\(query)"])
        }
    }

    static let wrong: [[String]] = [
        ["--limit", "0"], ["--limit", "101"], ["--limit", "few"], ["-1"], ["data.0"], ["4", "--limit", "3"],
    ]

    @Test(arguments: wrong) func wrongArgumentsReachNoDaemon(options: [String]) async throws {
        try await Self.daemon { scene, daemon in
            let outcome = await scene.run(["failovers", "data", "-A", "ramen"] + options)
            #expect(outcome.status == 2 && daemon.requests.isEmpty, "\(outcome)")
        }
    }

    @Test func aRecordThatIsNotKeptIsNotFound() async throws {
        try await Self.daemon { scene, _ in
            let outcome = await scene.roost("failovers", "data", "3", "-A", "ramen")
            #expect(outcome.status == 3 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("next: roost failovers data -A ramen"), "\(outcome)")
        }
    }

    @Test func jsonHasTheShapesOfTheAPI() async throws {
        try await Self.daemon { scene, _ in
            let list = await scene.roost("failovers", "data", "-A", "ramen", "--json")
            let listed = try list.document(ItemList<FailoverInfo>.self)
            #expect(listed.items.map(\.id) == [4, 2])
            let one = await scene.roost("failovers", "data", "2", "-A", "ramen", "--json")
            let shown = try one.document(FailoverInfo.self)
            #expect(shown.outcome == .undone)
            #expect(one.output.contains(#""writes_out_milliseconds":null"#), "\(one)")
        }
    }
}
