import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost promote`: what is sent, and the dry run.
@Suite struct PromoteTests {
    static let path = "POST /v1/applications/ramen/services/data/promote"

    private static func requests(_ daemon: FakeDaemon) throws -> [PromoteRequest] {
        try daemon.requests.map { try JSON.decode(PromoteRequest.self, from: $0.body) }
    }

    static let drains: [(options: [String], request: PromoteRequest)] = [
        ([], PromoteRequest()), (["--drain", "5s"], PromoteRequest(drainSeconds: 5)),
        (["--drain", "0"], PromoteRequest()), (["--drain", "250ms"], PromoteRequest(drainSeconds: 0.25)),
        (["--drain", "1m"], PromoteRequest(drainSeconds: 60)),
    ]

    @Test(arguments: drains) func theDrainIsSentInSeconds(options: [String], request: PromoteRequest) async throws {
        try await withDaemon([Self.path: { _ in try .json(Samples.operation(.done)) }]) { scene, daemon in
            let outcome = await scene.run(["promote", "service:data", "-A", "ramen"] + options)
            #expect(outcome.status == 0 && outcome.errors.contains("has a new primary"), "\(outcome)")
            let sent = try Self.requests(daemon)
            #expect(sent == [request])
        }
    }

    @Test(arguments: ["61s", "2m", "-1s", "soon"]) func aDrainThatIsTooLongIsAUsageError(time: String) async throws {
        try await withDaemon([Self.path: { _ in try .json(Samples.operation(.done)) }]) { scene, daemon in
            let outcome = await scene.roost("promote", "service:data", "-A", "ramen", "--drain=\(time)")
            #expect(outcome.status == 2 && daemon.requests.isEmpty, "\(outcome)")
        }
    }

    static let dryRuns: [(blockers: [String], status: Int32)] = [([], 0), (["data.1 is 42 s behind the primary"], 6)]

    @Test(arguments: dryRuns)
    func aDryRunShowsTheMembersAndEndsWith6IfItIsBlocked(blockers: [String], status: Int32) async throws {
        var operation = Samples.operation(blockers.isEmpty ? .done : .failed)
        operation.promotion = PromotionInfo(
            from: "data.0", to: "data.1", position: "0-1-97", drainSeconds: 0,
            candidates: [
                .init(
                    instance: "data.1", position: "0-1-42", lagSeconds: blockers.isEmpty ? 0 : 42,
                    blockers: blockers.isEmpty ? [] : ["is 42 s behind the primary"])
            ], blockers: blockers)
        let answer = operation
        try await withDaemon([Self.path: { _ in try .json(answer) }]) { scene, daemon in
            let outcome = await scene.roost("promote", "data.1", "-A", "ramen", "--dry-run")
            #expect(outcome.status == status, "\(outcome)")
            let sentence =
                blockers.isEmpty
                ? "data.1 would become the primary instead of data.0" : "data.0 stays the primary: \(blockers[0])"
            #expect(outcome.output.hasPrefix(sentence) && outcome.output.contains("0-1-42"), "\(outcome)")
            let page = try DocumentedOutputTests.page("replicas.md")
            #expect(status == 0 || page.contains(outcome.output), "the guide shows it")
            let sent = try Self.requests(daemon)
            #expect(sent == [PromoteRequest(instance: 1, dryRun: true)])
            let json = await scene.roost("promote", "data.1", "-A", "ramen", "--dry-run", "--json")
            #expect(json.status == status, "\(json)")
            let shown = try JSON.decode(OperationInfo.self, from: Data(json.output.utf8))
            #expect(shown.promotion == answer.promotion)
        }
    }
}
