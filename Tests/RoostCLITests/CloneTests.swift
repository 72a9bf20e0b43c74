import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost clone` and `roost with`.
@Suite struct CloneTests {
    typealias Answers = [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response]

    /// A daemon that makes `mine` of `shop`: at once, or by an operation.
    static func making(byOperation: Bool = false) -> Answers {
        let made: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            let clone = try Samples.clone(state: byOperation ? .creating : .running, password: "pw")
            let operation = byOperation ? Samples.operation(.running) : nil
            return try .json(CloneAnswer(clone: clone, operation: operation), status: byOperation ? 202 : 201)
        }
        return [
            "POST /v1/clones": made, "PUT /v1/clones/mine": made,
            "GET /v1/clones/mine": { _ in try .json(Samples.clone(password: "pw")) },
            "GET /v1/operations/op1": { _ in try .json(Samples.operation(.done, steps: ["snapshot", "start"])) },
            "POST /v1/clones/mine/client": { request in
                let asked = try JSON.decode(ClientOfferRequest.self, from: request.body)
                return try .json(
                    ClientOffer(
                        arguments: asked.arguments,
                        environment: [
                            "DATABASE_URL": "mysql://copy", "SHOP_URL": "mysql://copy", "MYSQL_HOME": "{files}",
                        ], unset: ["PGSERVICE"], files: ["my.cnf": "[client]\n"], path: []))
            },
            "POST /v1/clones/mine/extend": { _ in try .json(Samples.clone()) },
            "POST /v1/clones/mine/reset": { _ in try .json(Samples.operation(.done)) },
            "POST /v1/clones/mine/protect": { _ in try .json(Samples.clone(isProtected: true)) },
            "DELETE /v1/clones/mine": { _ in try .json(Samples.operation(.done)) },
        ]
    }

    // MARK: Making

    @Test(arguments: [false, true])
    func theAddressAloneIsOnStandardOutput(byOperation: Bool) async throws {
        try await withDaemon(Self.making(byOperation: byOperation)) { scene, daemon in
            let outcome = await scene.roost("clone", "shop")
            #expect(outcome.status == 0)
            #expect(outcome.output == "mysql://root:pw@127.0.0.1:21000/shop\n")
            #expect(
                outcome.errors.contains("Clone 'mine' of 'shop', expires at \(Timestamp.format(Samples.time + 7200))"))
            #expect(outcome.errors.contains("start 85 ms") == byOperation)
            let sent = try JSON.decode(CloneRequest.self, from: try #require(daemon.requests.first).body)
            #expect(sent == CloneRequest(source: "shop"))
        }
    }

    @Test func aCloneWithANameAndTermsIsAskedForSo() async throws {
        try await withDaemon(Self.making()) { scene, daemon in
            let outcome = await scene.roost(
                "clone", "shop", "mine", "--ttl", "2h", "--idle", "30m", "--memory", "1G", "--cpus", "1.5", "--durable",
                "--protect", "--max-pause", "50ms", "-A", "ramen")
            #expect(outcome.status == 0, "\(outcome)")
            let request = try #require(daemon.requests.first)
            #expect(request.method == "PUT" && request.path == "/v1/clones/mine")
            #expect(
                try JSON.decode(CloneRequest.self, from: request.body)
                    == CloneRequest(
                        source: "shop", application: "ramen", ttlSeconds: 7200, idleSeconds: 1800, memory: "1G",
                        cpus: 1.5, durable: true, protected: true, maxPauseMilliseconds: 50))
        }
    }

    @Test(arguments: [
        ["clone", "data", "--at", "20261121-064406"], ["clone", "new", "data", "--at", "20261121-064406"],
    ])
    func aSnapshotIsClonedByItsId(arguments: [String]) async throws {
        try await withDaemon(Self.making()) { scene, daemon in
            #expect(await scene.run(arguments + ["-A", "ramen"]).status == 0)
            let sent = try JSON.decode(CloneRequest.self, from: try #require(daemon.requests.first).body)
            #expect(sent == CloneRequest(source: "data", application: "ramen", at: "20261121-064406"))
        }
    }

    @Test func withoutWaitingTheOperationIsNotAskedFor() async throws {
        try await withDaemon(Self.making(byOperation: true)) { scene, daemon in
            let outcome = await scene.roost("clone", "shop", "--no-wait", "--json")
            let clone = try outcome.document(CloneInfo.self)
            #expect(clone.state == .creating && clone.url != nil)
            #expect(daemon.requests.count == 1 && outcome.errors.isEmpty)
        }
    }

    @Test func asJSONItIsTheCloneWithItsPassword() async throws {
        try await withDaemon(Self.making(byOperation: true)) { scene, _ in
            let clone = try await scene.roost("clone", "shop", "--json").document(CloneInfo.self)
            #expect(clone.name == "mine" && clone.password == "pw" && clone.state == .running)
        }
    }

    @Test func whatCannotBeClonedEndsWithItsStatusAndSteps() async throws {
        let answers: Answers = [
            "POST /v1/clones": { _ in
                try .problem(.sourceNotFound, "there is no template 'sop'", next: ["roost template ls"])
            }
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("clone", "sop")
            #expect(outcome.status == 3 && outcome.output.isEmpty)
            #expect(outcome.errors == "roost: there is no template 'sop'\n  next: roost template ls\n")
        }
    }

    // MARK: The others

    @Test func clonesAreListed() async throws {
        let clones = [
            try Samples.clone(), try Samples.clone("kept", isProtected: true, expiresAt: nil, problems: ["it rains"]),
        ]
        try await withDaemon(["GET /v1/clones": { _ in try .json(ItemList(clones)) }]) { scene, _ in
            let table = await scene.roost("clone", "ls")
            let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == [
                    "CLONE SOURCE STATE ENDPOINT EXPIRES NOTE",
                    "mine shop running 127.0.0.1:21000 \((Samples.time + 7200).relative(to: .now))",
                    "kept shop running 127.0.0.1:21000 never protected; it rains",
                ])
            let list = try await scene.roost("clone", "list", "--json").document(ItemList<CloneInfo>.self)
            #expect(list.items == clones)
        }
    }

    @Test func infoShowsThePasswordWhereAskedAlone() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { request in
            try .json(Samples.clone(password: request.target.contains("show_password=true") ? "pw" : nil))
        }
        try await withDaemon(["GET /v1/clones/mine": answer]) { scene, _ in
            let plain = await scene.roost("clone", "info", "mine")
            #expect(plain.output.hasPrefix("== mine ==\n") && plain.output.contains("url: 127.0.0.1:21000\n"))
            let shown = await scene.roost("clone", "info", "mine", "--show-password")
            #expect(shown.output.contains("url: mysql://root:pw@127.0.0.1:21000/shop\n"))
        }
    }

    static let extensions: [(arguments: [String], seconds: Double)] = [
        ([], 86_400), (["2h"], 7200), (["--ttl", "2h"], 7200), (["0"], 0),
    ]

    @Test(arguments: extensions)
    func aCloneIsKeptForLonger(arguments: [String], seconds: Double) async throws {
        try await withDaemon(Self.making()) { scene, daemon in
            let outcome = await scene.run(["clone", "extend", "mine"] + arguments)
            #expect(outcome.errors == "Clone 'mine' is kept until \(Timestamp.format(Samples.time + 7200))\n")
            let sent = try JSON.decode(ExtendRequest.self, from: try #require(daemon.requests.first).body)
            #expect(sent == ExtendRequest(ttlSeconds: seconds))
        }
    }

    @Test func aCloneIsProtectedAndReset() async throws {
        try await withDaemon(Self.making()) { scene, daemon in
            #expect(await scene.roost("clone", "protect", "mine").errors == "Clone 'mine' is protected\n")
            #expect(
                await scene.roost("clone", "protect", "mine", "--off").errors == "Clone 'mine' is no longer protected\n"
            )
            let sent = try daemon.requests.map { try JSON.decode(ProtectRequest.self, from: $0.body).protected }
            #expect(sent == [true, false])
            #expect(await scene.roost("clone", "reset", "mine").status == 4)
            #expect(await scene.roost("clone", "reset", "mine", "--yes").errors == "Clone 'mine' was reset\n")
        }
    }

    @Test func aCloneIsRemovedAfterAQuestion() async throws {
        try await withDaemon(Self.making()) { scene, daemon in
            #expect(await scene.roost("clone", "rm", "mine", "--dry-run").errors.contains("'mine' of shop"))
            #expect(daemon.requests.allSatisfy { $0.method == "GET" })
            #expect(await scene.roost("clone", "rm", "mine").status == 4)
            #expect(await scene.roost("clone", "rm", "mine", "--yes").errors == "Clone 'mine' was removed\n")
            #expect(daemon.requests.last?.target == "/v1/clones/mine")
        }
        var answers = Self.making()
        answers["GET /v1/clones/mine"] = { _ in try .json(Samples.clone(isProtected: true)) }
        try await withDaemon(answers) { scene, daemon in
            #expect(await scene.roost("clone", "rm", "mine").status == 4)
            #expect(await scene.roost("clone", "rm", "mine", typed: ["yours"]).status == 4)
            #expect(daemon.requests.allSatisfy { $0.method == "GET" })
            #expect(await scene.roost("clone", "rm", "mine", typed: ["mine"]).status == 0)
            #expect(await scene.roost("clone", "rm", "mine", "--yes").status == 0)
            #expect(daemon.requests.last?.target == "/v1/clones/mine?confirm=mine")
        }
    }

    // MARK: With

    static let endings: [(command: [String], status: Int32)] = [
        (["true"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -TERM $$"], 143),
        (["sh", "-c", #"test "$DATABASE_URL$SHOP_URL" = mysql://copymysql://copy"#], 0),
        // The clients' own variables as `run` sets them, and none of the caller's that would win.
        (["sh", "-c", #"test -f "$MYSQL_HOME/my.cnf" && test -z "$PGSERVICE""#], 0),
        (["sh", "-c", #"test "$1" = --json"#, "sh", "--json"], 0), (["no-such-command-anywhere"], 127), (["/dev"], 127),
        (["/etc/passwd"], 126),
    ]

    @Test(arguments: endings)
    func withEndsAsItsCommandAndRemovesTheCopy(command: [String], status: Int32) async throws {
        try await withDaemon(Self.making(byOperation: true)) { scene, daemon in
            let outcome = await scene.run(
                ["with", "shop", "--"] + command,
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "PGSERVICE": "live"])
            let runs = "\(scene.folder)/.local/state/roost"
            #expect(try FileManager.default.contentsOfDirectory(atPath: runs) == [], "its credentials are gone")
            #expect(outcome.status == status, "\(outcome)")
            #expect(outcome.output.isEmpty, "standard output is the command's")
            #expect(outcome.errors.isEmpty == (status != 126 && status != 127))
            #expect(daemon.requests.first?.path == "/v1/clones")
            #expect(daemon.requests.last { $0.method == "DELETE" }?.target == "/v1/clones/mine")
            let sent = try JSON.decode(CloneRequest.self, from: try #require(daemon.requests.first).body)
            #expect(sent == CloneRequest(source: "shop", ttlSeconds: 600))
        }
    }

    @Test func withEndsWith125WhereRoostFailed() async throws {
        var answers = Self.making(byOperation: true)
        answers["GET /v1/operations/op1"] = { _ in try .json(Samples.operation(.failed, error: "the disk is full")) }
        try await withDaemon(answers) { scene, daemon in
            let outcome = await scene.roost("with", "shop", "--", "true")
            #expect(outcome.status == 125 && outcome.errors.contains("the disk is full"))
            #expect(daemon.requests.last?.method == "DELETE", "what is half made is removed as well")
        }
        try await withDaemon(["POST /v1/clones": { _ in try .problem(.notReadyYet, "it is being built") }]) {
            scene, _ in
            #expect(await scene.roost("with", "shop", "--", "true").status == 125)
        }
    }

    @Test func aCopyThatCannotBeRemovedIsNotTheCommandsFailure() async throws {
        var answers = Self.making()
        answers["DELETE /v1/clones/mine"] = { _ in try .problem(.failed, "the store is locked") }
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("with", "shop", "--", "sh", "-c", "exit 3")
            #expect(
                outcome.status == 3
                    && outcome.errors.contains("Could not remove the copy 'mine', which expires by itself"))
        }
    }

    @Test func withoutACommandTheLineToTypeIsShown() async throws {
        try await withScene { scene in
            let outcome = await scene.roost("with", "shop")
            #expect(outcome.errors == "roost: no command given\n  next: roost with shop -- COMMAND\n")
        }
    }
}
