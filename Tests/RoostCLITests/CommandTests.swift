import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Commands against a daemon that answers what the test says.
@Suite struct CommandTests {
    @Test func listsArePrintedAsTablesAndAsTheAPIsDocument() async throws {
        let info = try Samples.application(Samples.service())
        try await withDaemon(["GET /v1/applications": { _ in try .json(ItemList([info])) }]) { scene, _ in
            let table = await scene.roost("list")
            #expect(
                table.output == """
                    NAME   STATE    SERVICES  CREATED
                    ramen  running  data      \(Samples.time.relative(to: .now))

                    """)
            let list = try await scene.roost("ls", "--json").document(ItemList<ApplicationInfo>.self)
            #expect(list.items == [info])
        }
    }

    @Test func createLinksTheFolderToApplicationAndDaemon() async throws {
        let info = Samples.application()
        try await withDaemon(["PUT /v1/applications/ramen": { _ in try .json(info, status: 201) }]) { scene, daemon in
            #expect(await scene.roost("create", "ramen").status == 0)
            let link = try LinkFile(text: try scene.read(".roost/link.yml"), path: "")
            #expect(link == LinkFile(application: ApplicationName(checked: "ramen"), home: scene.folder))
            #expect(await scene.roost("create", "ramen", home: false).status == 0, "the link alone finds the daemon")
            let other = await scene.roost("create", "other")
            #expect(other.status == 1 && other.errors.contains("roost connect other"))
            #expect(daemon.requests.count == 2)
        }
    }

    @Test func anErrorOfTheDaemonKeepsItsCodeAndSteps() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .problem(.serviceNotFound, "there is no service 'dat'", next: ["roost info"])
        }
        try await withDaemon(["GET /v1/applications/ramen/services/dat": answer]) { scene, _ in
            let outcome = await scene.roost("info", "dat", "-A", "ramen")
            #expect(outcome.status == 3)
            #expect(outcome.errors == "roost: there is no service 'dat'\n  next: roost info -A ramen\n")
            let json = try await scene.roost("info", "dat", "-A", "ramen", "--json").document(ProblemBody.self)
            #expect(json.error.code == "service_not_found")
        }
    }

    @Test func anAnswerThatIsNotTheDaemonsIsToldAsItCame() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET /v1/engines": { _ in .init(status: 502, body: Data("Bad Gateway\nmore".utf8)) },
            "GET /v1/hosts": { _ in .init(body: Data("<html>".utf8)) },
        ]
        try await withDaemon(answers) { scene, _ in
            let proxy = await scene.roost("engine", "ls")
            #expect(proxy.status == 1 && proxy.errors.contains("502") && proxy.errors.contains("Bad Gateway"))
            let page = await scene.roost("host", "ls")
            #expect(page.status == 1 && page.errors.contains("unexpected response from"))
        }
    }

    static let states: [(state: ServiceInfo.State, status: Int32)] = [
        (.running, 0), (.creating, 0), (.stopped, 0), (.degraded, 6), (.down, 6),
    ]

    @Test(arguments: states)
    func statusEndsWith6WhereAServiceIsNotWell(state: ServiceInfo.State, status: Int32) async throws {
        let info = try Samples.service(state: state, problems: ["it rains"])
        try await withDaemon(["GET /v1/applications/ramen": { _ in try .json(Samples.application(info)) }]) {
            scene, _ in
            let outcome = await scene.roost("status", "-A", "ramen")
            #expect(outcome.status == status && outcome.output.contains("it rains"))
        }
    }

    static let waits: [(state: ServiceInfo.State, aim: String, instances: Int, status: Int32)] = [
        (.running, "ready", 1, 0), (.degraded, "ready", 2, 6), (.creating, "ready", 1, 5), (.down, "ready", 1, 5),
        (.running, "replicated", 1, 2), (.running, "replicated", 2, 0),
    ]

    @Test(arguments: waits)
    func waitTellsReadyLateAndDegradedApart(
        state: ServiceInfo.State, aim: String, instances: Int, status: Int32
    ) async throws {
        let info = try Samples.service(state: state, instances: instances, replication: "online")
        let path = "GET /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(info) }]) { scene, _ in
            let outcome = await scene.roost("wait", "data", "-A", "ramen", "--for", aim, "--timeout", "0")
            #expect(outcome.status == status, "\(outcome)")
        }
    }

    static let replications: [(status: String, instances: Int, ending: Int32)] = [
        ("none", 1, 0), ("online", 2, 0), ("catching_up", 2, 6), ("broken", 3, 6),
    ]

    @Test(arguments: replications)
    func replicationEndsWith6UnlessItIsHealthy(status: String, instances: Int, ending: Int32) async throws {
        let info = try Samples.service(instances: instances, replication: status)
        let path = "GET /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(info) }]) { scene, _ in
            let outcome = await scene.roost("replication", "data", "-A", "ramen")
            #expect(outcome.status == ending, "\(outcome)")
            #expect(outcome.output.contains("replication: \(status)") && outcome.output.contains("data.0"))
        }
    }

    @Test func theLastComparisonIsShown() async throws {
        var info = try Samples.service(instances: 2, replication: "online")
        info.verifyEverySeconds = 86_400
        info.replication.lastComparison = .init(
            endedAt: Samples.time, operation: "op1", equal: true, summary: "17 tables equal on 1 member")
        let answer = info
        let path = "GET /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(answer) }]) { scene, _ in
            let line = "compared: \(Timestamp.format(Samples.time)) (17 tables equal on 1 member)\n"
            #expect(await scene.roost("replication", "data", "-A", "ramen").output.contains(line))
            let shown = await scene.roost("info", "data", "-A", "ramen").output
            #expect(shown.contains("    \(line)") && shown.contains("    verify: every 1d\n"), "\(shown)")
        }
    }

    static let comparisons: [(state: MembersComparison.TableState, ending: Int32, text: String)] = [
        (.equal, 0, "1 table equal on 1 member\n"),
        (.differs(reason: "its rows differ"), 6, "data.1    shop.orders  differs  its rows differ"),
        (.notCompared(reason: "it is too large"), 6, "data.1    shop.orders  not compared  it is too large"),
    ]

    @Test(arguments: comparisons)
    func verifyEndsWith6UnlessAllIsEqual(state: MembersComparison.TableState, ending: Int32, text: String) async throws
    {
        var member = MembersComparison.Member("data.1")
        member.add(state, "shop.orders")
        var operation = Samples.operation(.done)
        operation.comparison = MembersComparison(primary: "data.0", members: [member])
        let (answer, path) = (operation, "POST /v1/applications/ramen/services/data/replication/verify")
        try await withDaemon([path: { _ in try .json(answer) }]) { scene, _ in
            let outcome = await scene.roost("replication", "verify", "data", "-A", "ramen")
            #expect(outcome.status == ending && outcome.output.contains(text), "\(outcome)")
        }
    }

    @Test func urlPrintsTheAddressAlone() async throws {
        let path = "GET /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(Samples.service(password: "pw")) }]) { scene, daemon in
            let outcome = await scene.roost("url", "data", "-A", "ramen")
            #expect(outcome.output == "mysql://root:pw@127.0.0.1:21000/data\n" && outcome.errors.isEmpty)
            #expect(daemon.requests.last?.target == "/v1/applications/ramen/services/data?show_password=true")
        }
    }

    @Test func envKeepsToOneServiceAndPassesStyleAndPrefix() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET /v1/applications/ramen": { _ in try .json(Samples.application(Samples.service())) },
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
            "GET /v1/applications/ramen/services/nope": { _ in try .problem(.serviceNotFound) },
            "GET /v1/clones/nope": { _ in try .problem(.cloneNotFound) },
            "GET /v1/applications/ramen/environment": { _ in
                try .json(EnvironmentInfo(variables: ["X_DATA_URL": "a'b", "X_DATABASE_URL": "c"]))
            },
        ]
        try await withDaemon(answers) { scene, daemon in
            let outcome = await scene.roost("env", "data", "-A", "ramen", "--prefix", "X_", "--format", "shell")
            #expect(outcome.output == "export X_DATA_URL='a'\\''b'\n")
            #expect(
                daemon.requests.contains { $0.target == "/v1/applications/ramen/environment?prefix=X_&style=roost" })
            #expect(await scene.roost("env", "nope", "-A", "ramen").status == 3)
            let json = try await scene.roost("env", "-A", "ramen", "--json").document(EnvironmentInfo.self)
            #expect(json.variables.count == 2)
        }
    }

    @Test func aTokenIsNotSentIntoASocket() async throws {
        try await withDaemon(["GET /v1/tokens": { _ in try .json(ItemList<TokenInfo>([])) }]) { scene, daemon in
            #expect(await scene.roost("token", "ls", environment: ["ROOST_TOKEN": "secret"]).status == 0)
            #expect(daemon.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
    }

    @Test func whatIsTypedCannotBecomeAnotherPath() async throws {
        try await withDaemon([
            "GET /v1/tokens": { _ in
                try .json(ItemList([TokenInfo(name: "../x?y", scope: "read", createdAt: Samples.time, token: nil)]))
            }
        ]) { scene, daemon in
            _ = await scene.roost("token", "rm", "../x?y", "--yes")
            #expect(daemon.requests.last?.target == "/v1/tokens/..%2Fx%3Fy")
        }
    }

    static let escapes: [(text: String, escaped: String)] = [
        ("Az09-._~", "Az09-._~"), ("a b/c?d&e=f%", "a%20b%2Fc%3Fd%26e%3Df%25"), ("ü\n", "%C3%BC%0A"),
    ]

    @Test(arguments: escapes)
    func textIsEscapedForAddresses(text: String, escaped: String) {
        #expect(text.percentEncoded == escaped)
    }

    @Test func eventsAreAListOrALineEach() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .json(ItemList([Samples.event(1), Samples.event(2)]))
        }
        try await withDaemon(["GET /v1/events": answer]) { scene, daemon in
            let outcome = await scene.roost("events", "-n", "2", "-A", "ramen")
            #expect(outcome.output.split(separator: "\n").count == 2)
            #expect(outcome.output.contains("ramen/data.0  instance_started  it runs"))
            #expect(daemon.requests.first?.target == "/v1/events?limit=2&application=ramen")
            #expect(daemon.requests.first?.headers["accept"] == "application/json")
        }
    }

    /// The daemon ends the stream after two events, and is gone when the command reconnects.
    @Test func followingGoesOnBehindTheLastEventSeen() async throws {
        try await withScene { scene in
            let daemon = try FakeDaemon(home: scene.folder) { request in
                guard request.headers["accept"] == "text/event-stream" else {
                    let isFirst = request.target.contains("limit=5")
                    return isFirst ? try .json(ItemList([Samples.event(6)])) : try .problem(.unauthorized, "withdrawn")
                }
                let lines = try [Int64(7), 8].map { id in
                    "id: \(id)\ndata: \(String(decoding: try JSON.encode(Samples.event(id)), as: UTF8.self))\n\n"
                }
                return .pieces(
                    [": hello\n\n", String(lines[0].prefix(9)), String(lines[0].dropFirst(9)) + lines[1]],
                    type: "text/event-stream")
            }
            defer { daemon.stop() }
            let outcome = await scene.roost("events", "-f", "-n", "5", "--json")
            let lines = outcome.output.split(separator: "\n").map { Data($0.utf8) }
            #expect(try lines.dropLast().map { try JSON.decode(EventInfo.self, from: $0).id } == [6, 7, 8])
            #expect(outcome.status == 1, "the daemon's refusal ends it: \(outcome)")
            #expect(daemon.requests.contains { $0.target == "/v1/events?after=6" })
        }
    }

    @Test func logsOfSeveralInstancesNameThem() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service(instances: 2)) },
            "GET /v1/applications/ramen/instances/data.0/logs": { _ in .pieces(["one\ntw", "o"], type: "text/plain") },
            "GET /v1/applications/ramen/instances/data.1/logs": { _ in .pieces(["three\n"], type: "text/plain") },
        ]
        try await withDaemon(answers) { scene, _ in
            let all = await scene.roost("logs", "data", "-A", "ramen")
            #expect(all.output == "data.0 | one\ndata.0 | two\ndata.1 | three\n")
            let one = await scene.roost("logs", "data.1", "-f", "-A", "ramen", "--json")
            #expect(one.output == #"{"instance":"data.1","line":"three"}"# + "\n")
        }
    }
}
