import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost import`, `roost export` and `roost operation`.
@Suite struct ImportTests {
    typealias Answers = [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response]
    private static let path = "POST /v1/applications/ramen/services/data/import"

    private static func operation(_ state: OperationInfo.State, _ error: String? = nil) -> OperationInfo {
        OperationInfo(
            id: "op1", kind: "import", application: "ramen", service: "data", state: state, steps: [], error: error,
            result: "20261121-064406-3f9a", notes: ["FLUSH LOGS was left out"], startedAt: Samples.time, endedAt: nil)
    }

    private static func answers(_ end: OperationInfo = operation(.done)) -> Answers {
        [
            path: { _ in try .json(operation(.running), status: 202) },
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
            "GET /v1/operations/op1": { _ in try .json(end) },
            "GET /v1/operations": { _ in try .json(ItemList([operation(.running)])) },
            "POST /v1/operations/op1/cancel": { _ in try .json(operation(.running)) },
            "POST /v1/applications/ramen/services/data/client": { request in
                let asked = try JSON.decode(ClientOfferRequest.self, from: request.body)
                return try .json(
                    ClientOffer(
                        arguments: ["dump", asked.export ?? "-", asked.database ?? "-"], environment: [:], files: [:],
                        path: []))
            },
        ]
    }

    @Test func aFileIsSentAndTheWayBackIsTold() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            try scene.write("select 1;\n", to: "shop.sql")
            let outcome = await scene.roost("import", "data", "shop.sql", "-A", "ramen", "--into", "shop")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("note: FLUSH LOGS was left out"))
            #expect(outcome.errors.contains("roost snapshot restore data 20261121-064406-3f9a"))
            let sent = try #require(daemon.requests.first { $0.method == "POST" })
            #expect(sent.body == Data("select 1;\n".utf8))
            #expect(sent.target.contains("into=shop") && sent.target.contains("name=shop.sql"))
            _ = await scene.roost("import", "data", "shop.sql", "-A", "ramen", "--no-snapshot", "--no-wait")
            #expect(daemon.requests.last?.target.contains("snapshot=false") == true)
        }
    }

    @Test func aFailedImportIsAnError() async throws {
        try await withDaemon(Self.answers(Self.operation(.failed, "line 2: no such table"))) { scene, _ in
            try scene.write("x\n", to: "shop.sql")
            let outcome = await scene.roost("import", "data", "shop.sql", "-A", "ramen")
            #expect(outcome.status == 1 && outcome.errors.contains("line 2: no such table"), "\(outcome)")
        }
    }

    @Test(arguments: [("nothing.sql", 3), (".", 2)])
    func whatIsNoFileIsRefusedBeforeAnythingIsSent(file: String, status: Int32) async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            #expect(await scene.roost("import", "data", file, "-A", "ramen").status == status)
            #expect(daemon.requests.isEmpty)
        }
    }

    @Test func aTerminalIsNoDump() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            #expect(await scene.roost("import", "data", "-A", "ramen", typed: []).status == 2)
            #expect(daemon.requests.isEmpty)
        }
    }

    @Test func anExportBecomesTheEnginesOwnProgram() async throws {
        try await withDaemon(Self.answers()) { scene, _ in
            for (words, expected) in [
                ([], ["dump", "", "-"]), (["--format", "custom", "--database", "x"], ["dump", "custom", "x"]),
            ] {
                let outcome = await scene.run(["export", "data", "-A", "ramen"] + words)
                guard case .become(let program) = outcome.ending else {
                    Issue.record("\(outcome)")
                    continue
                }
                #expect(program.arguments == expected)
            }
        }
    }

    @Test func operationsAreListedShownAndCancelled() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            let list = await scene.roost("operation", "ls", "--all")
            #expect(list.output.contains("op1") && list.output.contains("ramen/data"), "\(list)")
            #expect(daemon.requests.last?.target == "/v1/operations?all=true")
            #expect(await scene.roost("operation", "show", "op1").output.contains("import op1: done"))
            #expect(await scene.roost("operation", "cancel", "op1").status == 0)
            #expect(daemon.requests.last?.path == "/v1/operations/op1/cancel")
        }
    }
}
