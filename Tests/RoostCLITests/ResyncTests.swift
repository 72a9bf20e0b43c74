import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost resync`: the question before, the refusals, and the way the work is followed.
@Suite struct ResyncTests {
    static let path = "POST /v1/applications/ramen/services/data/resync"

    /// Requests that change something.
    private static func real(_ daemon: FakeDaemon) throws -> [ResyncRequest] {
        try daemon.requests.filter { "\($0.method) \($0.path)" == path }
            .map { try JSON.decode(ResyncRequest.self, from: $0.body) }.filter { $0.dryRun != true }
    }

    /// Confirmations are the instance's name; the service's name does not say which replica is meant.
    static let askings = [
        ChangeTests.Asking(testDescription: "without a terminal --yes is needed", status: 4, isDone: false),
        ChangeTests.Asking(testDescription: "--yes says it", options: ["--yes"], status: 0, isDone: true),
        ChangeTests.Asking(
            testDescription: "the instance's name says it on a terminal", typed: ["data.1"], status: 0, isDone: true),
        ChangeTests.Asking(testDescription: "the service's name does not", typed: ["data"], status: 4, isDone: false),
        ChangeTests.Asking(testDescription: "the end of input does not", typed: [], status: 4, isDone: false),
        ChangeTests.Asking(
            testDescription: "--dry-run changes nothing", options: ["--dry-run", "--yes"], status: 0, isDone: false),
    ]

    @Test(arguments: askings) func asksForTheNameOfTheInstance(_ asking: ChangeTests.Asking) async throws {
        try await withDaemon([Self.path: { _ in try .json(Samples.operation(.done)) }]) { scene, daemon in
            let outcome = await scene.run(["resync", "data.1", "-A", "ramen"] + asking.options, typed: asking.typed)
            #expect(outcome.status == asking.status, "\(outcome)")
            let real = try Self.real(daemon)
            #expect(real == (asking.isDone ? [ResyncRequest(instance: 1)] : []))
            if asking.typed != nil { #expect(outcome.errors.contains("this replaces the data of 'data.1'")) }
        }
    }

    @Test func followsItsOperation() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            Self.path: { request in
                let isDry = try JSON.decode(ResyncRequest.self, from: request.body).dryRun ?? false
                return try .json(Samples.operation(isDry ? .done : .running), status: isDry ? 200 : 202)
            },
            "GET /v1/operations/op1": { _ in
                try .json(Samples.operation(.done, steps: ["data: stop", "data: copy data"]))
            },
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("resync", "data.1", "-A", "ramen", "--yes")
            #expect(outcome.status == 0 && outcome.errors.contains("data: stop 85 ms\ndata: copy data 85 ms\n"))
            #expect(outcome.errors.contains("'data.1' has the primary's data and follows it"))
            let unwaited = await scene.roost("resync", "data.1", "-A", "ramen", "--yes", "--no-wait")
            #expect(unwaited.errors.contains("Continues as operation op1"))
        }
    }

    @Test(arguments: ["data", "clone:mine", "service:data"]) func aReplicaHasToBeNamed(text: String) async throws {
        try await withDaemon([Self.path: { _ in try .json(Samples.operation(.done)) }]) { scene, daemon in
            let outcome = await scene.roost("resync", text, "-A", "ramen", "--yes")
            #expect(outcome.status == 2 && outcome.errors.contains("use SERVICE.N, such as data.1"), "\(outcome)")
            #expect(daemon.requests.isEmpty)
        }
    }

    @Test func whatIsRefusedIsToldBeforeANameIsAskedFor() async throws {
        let refusal: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .problem(.conflict, "data.0 is the primary", next: ["roost resync data.1"])
        }
        try await withDaemon([Self.path: refusal]) { scene, daemon in
            let outcome = await scene.roost("resync", "data.0", "-A", "ramen", typed: ["data.0"])
            #expect(outcome.status == 1 && outcome.errors.contains("next: roost resync data.1 -A ramen"), "\(outcome)")
            #expect(!outcome.errors.contains("to confirm") && daemon.requests.count == 1)
        }
    }
}
