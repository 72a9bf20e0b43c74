import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `engine add` and `engine rm`: the requests to the daemon, and the output for a terminal and for a script.
@Suite struct EngineTests {
    private static func operation(_ state: OperationInfo.State, error: String? = nil) -> OperationInfo {
        OperationInfo(
            id: "op1", kind: "engine_add", application: nil, service: nil, state: state,
            steps: [.init(name: "slim 412M to 79M", milliseconds: 85)], error: error,
            result: state == .done ? "mysql@9.7.4" : nil, startedAt: Samples.time, endedAt: nil)
    }

    private static let added = EngineInfo(
        engine: "mysql@9.7.4", types: ["mysql"], origin: "added from m.tar.xz", readyDirectories: 0, usedBy: [],
        sizeBytes: .mebibytes(79), addedAt: Samples.time)

    @Test(arguments: ["m.tar.xz", "/srv/m.tar.xz"])
    func addSendsAnAbsolutePathAndPrintsTheEnginesName(path: String) async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .json(Self.operation(.done), status: 202)
        }
        try await withDaemon(["POST /v1/engines": answer]) { scene, daemon in
            let outcome = await scene.roost("engine", "add", "mysql", path, "--version", "9.7")
            #expect(outcome.status == 0 && outcome.output == "mysql@9.7.4\n")
            #expect(outcome.errors.contains("slim 412M to 79M"))
            let body = try JSON.request(EngineRequest.self, from: try #require(daemon.requests.first).body)
            let expected = path.hasPrefix("/") ? path : "\(scene.folder)/\(path)"
            #expect(body == EngineRequest(type: "mysql", path: expected, version: "9.7"))
        }
    }

    @Test func overAnAddressTheFileMustBeOnTheDaemonsMachine() async throws {
        try await withDaemon([:]) { scene, daemon in
            let outcome = await scene.roost("engine", "add", "mysql", "m.tar.xz", "--url", "http://127.0.0.1:1")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("must be an absolute path on the machine that runs roostd"))
            #expect(daemon.requests.isEmpty)
        }
    }

    @Test func aRefusedBuildIsToldInTheDaemonsWords() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .json(Self.operation(.failed, error: "bin/mysqld needs libraries: libx.so.1"), status: 202)
        }
        try await withDaemon(["POST /v1/engines": answer]) { scene, _ in
            let outcome = await scene.roost("engine", "add", "mysql", "/srv/m.tar.xz")
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("roost: bin/mysqld needs libraries: libx.so.1\n"))
        }
    }

    @Test func removingNeedsTheNameOrYes() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in try .json(Self.added) }
        try await withDaemon(["DELETE /v1/engines/mysql%409.7.4": answer]) { scene, daemon in
            #expect(await scene.roost("engine", "rm", "mysql@9.7.4").status == 4)
            #expect(await scene.roost("engine", "rm", "mysql@9.7.4", typed: ["mysql"]).status == 4)
            #expect(await scene.roost("engine", "rm", "mysql@9.7.4", "--dry-run").status == 0)
            #expect(daemon.requests.allSatisfy { $0.target.contains("dry_run=true") })
            #expect(await scene.roost("engine", "rm", "mysql@9.7.4", typed: ["mysql@9.7.4"]).status == 0)
            #expect(daemon.requests.last?.target.contains("confirm=mysql") == true)
        }
    }

    @Test func theListShowsSizes() {
        let text = Tables.engines([Self.added]).text(Style(isOn: false))
        #expect(text.contains("added from m.tar.xz") && text.contains("79"), "\(text)")
    }
}
