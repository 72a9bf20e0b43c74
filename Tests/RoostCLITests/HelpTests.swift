import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Help, usage errors, and what `--json` prints.
@Suite struct HelpTests {
    static let wrong: [[String]] = [
        ["help", "nosuch"], ["nosuch"], ["push", "--nosuch"], ["url"], ["wait", "data", "--timeout", "soon"],
        ["token", "add", "x", "--scope", "all"], ["clone", "extend"], ["env", "--format", "xml"],
        ["logs", "data", "-n", "-1"],
        ["url", "DATA"], ["template", "add"], ["help", "promte"],
    ]

    @Test(arguments: wrong)
    func usageErrorsEndWithTwo(arguments: [String]) async throws {
        try await withScene { scene in
            let outcome = await scene.run(arguments + ["-A", "ramen"].filter { _ in arguments.first != "help" })
            #expect(outcome.status == 2, "\(outcome)")
            #expect(!outcome.errors.isEmpty && outcome.output.isEmpty)
        }
    }

    @Test(arguments: [["help"], ["help", "push"], ["--help"], ["help", "clone"], ["clone", "--help"]])
    func helpThatIsAskedForIsData(arguments: [String]) async throws {
        try await withScene { scene in
            let outcome = await scene.run(arguments)
            #expect(outcome.status == 0 && outcome.output.contains("USAGE") && outcome.errors.isEmpty)
        }
    }

    /// Commands that change or print something, each against a daemon with the objects that the command names.
    static let documents: [[String]] = [
        ["ls"], ["info", "data"], ["status", "data"], ["url", "data"], ["env"], ["create", "ramen"],
        ["connect", "ramen"],
        ["user", "ls", "data"], ["user", "rm", "data", "anna", "--yes"], ["user", "rm", "data", "anna", "--dry-run"],
        ["token", "ls"], ["token", "rm", "ci", "--yes"], ["token", "rm", "ci", "--dry-run"], ["clone", "ls"],
        ["clone", "info", "mine"], ["clone", "rm", "mine", "--yes"], ["clone", "rm", "mine", "--dry-run"],
        ["template", "ls"], ["template", "rm", "shop", "--dry-run"], ["snapshot", "ls"], ["events"], ["engine", "ls"],
        ["host", "ls"], ["doctor"], ["top"], ["ca"], ["restart", "data"],
        ["resync", "data.1", "--yes"], ["resync", "data.1", "--dry-run"], ["pause", "data"],
        ["resume", "data"], ["wait", "data"], ["failovers", "data"], ["notify", "status"],
        ["notify", "test"], ["notify", "secret"], ["notify", "status", "--daemon"], ["nosuch"],
    ]

    @Test(arguments: documents)
    func jsonIsOneDocument(arguments: [String]) async throws {
        let done = Samples.operation(.done)
        let info = try Samples.application(Samples.service(password: "pw"))
        let clone = try Samples.clone()
        let user = UserInfo(name: "anna", shown: false, password: nil)
        let token = TokenInfo(name: "ci", scope: "read", createdAt: Samples.time, token: nil)
        let service = "/v1/applications/ramen/services/data"
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET /v1/applications": { _ in try .json(ItemList([info])) },
            "GET /v1/applications/ramen": { _ in try .json(info) },
            "PUT /v1/applications/ramen": { _ in try .json(info) },
            "GET \(service)": { _ in try .json(info.services[0]) },
            "GET /v1/applications/ramen/environment": { _ in try .json(EnvironmentInfo(variables: ["A": "b"])) },
            "POST \(service)/restart": { _ in try .json(done) }, "POST \(service)/resync": { _ in try .json(done) },
            "POST \(service)/pause": { _ in try .json(info.services[0]) },
            "POST \(service)/resume": { _ in try .json(info.services[0]) },
            "GET /v1/applications/ramen/notify": { _ in try .json(ItemList([WebhookInfo]())) },
            "GET /v1/notify": { _ in try .json(ItemList([WebhookInfo]())) },
            "POST /v1/applications/ramen/notify/test": { _ in try .json(ItemList([WebhookTest]())) },
            "GET /v1/applications/ramen/notify/secret": { _ in try .json(NotifySecret(secret: "s")) },
            "GET \(service)/failovers": { _ in try .json(ItemList([FailoverInfo]())) },
            "GET \(service)/users": { _ in try .json(ItemList([user])) },
            "DELETE \(service)/users/anna": { _ in .init(status: 204) },
            "GET /v1/tokens": { _ in try .json(ItemList([token])) },
            "DELETE /v1/tokens/ci": { _ in .init(status: 204) },
            "GET /v1/clones": { _ in try .json(ItemList([clone])) }, "GET /v1/clones/mine": { _ in try .json(clone) },
            "DELETE /v1/clones/mine": { _ in try .json(done) },
            "GET /v1/templates": { _ in try .json(ItemList([Samples.template()])) },
            "DELETE /v1/templates/shop": { _ in try .json(Samples.template()) },
            "GET /v1/snapshots": { _ in try .json(ItemList([SnapshotInfo]())) },
            "GET /v1/events": { _ in try .json(ItemList([Samples.event(1)])) },
            "GET /v1/engines": { _ in try .json(ItemList([EngineInfo]())) },
            "GET /v1/hosts": { _ in try .json(ItemList([MachineInfo]())) },
            "GET /v1/doctor": { _ in try .json(ItemList([Finding]())) },
            "GET /v1/usage": { _ in try .json(ItemList([UsageInfo]())) },
            "GET /v1/ca": { _ in try .json(AuthorityInfo(certificate: "pem")) },
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.run(arguments + ["-A", "ramen", "--json"])
            #expect(outcome.errors.isEmpty, "\(outcome)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 1, "\(outcome)")
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) }
        }
    }

    @Test func removingATemplateOfAWatchedDumpWarns() async throws {
        var document = try #require(
            try JSONSerialization.jsonObject(with: try JSON.encode(Samples.template())) as? [String: Any])
        document["watched"] = true
        let watched: TemplateInfo = try JSON.decode(from: try JSONSerialization.data(withJSONObject: document))
        try await withDaemon(["DELETE /v1/templates/shop": { _ in try .json(watched) }]) { scene, _ in
            let outcome = await scene.roost("template", "rm", "shop", "--dry-run")
            #expect(outcome.errors.contains("/srv/shop.sql.gz is in the watched folder"))
        }
    }
}
