import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost pause` and `roost resume`.
@Suite struct PauseTests {
    static let path = "/v1/applications/ramen/services/data"

    private static func answers(
        _ reason: String? = nil
    ) -> [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] {
        [
            "POST \(path)/pause": { _ in
                try .json(try Samples.service(paused: .init(until: Samples.time, reason: reason)))
            },
            "POST \(path)/resume": { _ in try .json(try Samples.service()) },
        ]
    }

    static let lines: [(options: [String], request: PauseRequest)] = [
        ([], PauseRequest(seconds: 3600)), (["--for", "90"], PauseRequest(seconds: 90)),
        (["--for", "1h30m"], PauseRequest(seconds: 5400)), (["--for", "7d"], PauseRequest(seconds: 604_800)),
        (["--reason", "disk swap", "--for=1s"], PauseRequest(seconds: 1, reason: "disk swap")),
    ]

    @Test(arguments: lines) func lengthAndReasonArePassedOn(options: [String], request: PauseRequest) async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            let outcome = await scene.run(["pause", "data", "-A", "ramen"] + options)
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains("'ramen/data' is paused until \(Timestamp.format(Samples.time))"))
            let sent = try #require(daemon.requests.last)
            #expect(sent.path == "\(Self.path)/pause")
            #expect(try JSON.decode(PauseRequest.self, from: sent.body) == request)
        }
    }

    @Test(arguments: ["0", "500ms", "8d", "soon", "-1h"]) func aLengthHasItsBounds(length: String) async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            let outcome = await scene.roost("pause", "data", "-A", "ramen", "--for=\(length)")
            #expect(outcome.status == 2 && daemon.requests.isEmpty, "\(outcome)")
        }
    }

    @Test func jsonIsTheServiceWithItsPause() async throws {
        try await withDaemon(Self.answers("disk swap")) { scene, _ in
            let paused = try await scene.roost("pause", "data", "-A", "ramen", "--json").document(ServiceInfo.self)
            #expect(paused.paused == .init(until: Samples.time, reason: "disk swap"))
            let resumed = await scene.roost("resume", "data", "-A", "ramen", "--json")
            #expect(resumed.output.contains(#""paused":null"#), "\(resumed)")
        }
    }

    @Test func resumeEndsThePause() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            let outcome = await scene.roost("resume", "data", "-A", "ramen")
            #expect(outcome.status == 0 && outcome.errors.contains("'ramen/data' is not paused"))
            #expect(daemon.requests.map(\.target) == ["\(Self.path)/resume"])
        }
    }

    /// What a paused service refuses leads to `resume`.
    @Test func aRefusalNamesTheWayOn() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET \(Self.path)": { _ in try .json(try Samples.service()) },
            "POST \(Self.path)/restart": { _ in
                try .problem(.conflict, "'data' is paused until 2026-11-21", next: ["roost resume data"])
            },
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("restart", "data", "-A", "ramen")
            #expect(outcome.status == 1 && outcome.errors.contains("next: roost resume data -A ramen"), "\(outcome)")
        }
    }
}
