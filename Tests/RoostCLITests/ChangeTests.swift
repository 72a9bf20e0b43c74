import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostCLI

/// Commands that change something: the questions asked before, and the way the work is followed.
@Suite struct ChangeTests {
    static let file = "services:\n  data:\n    memory: 12Q\n"

    private static func push(_ operation: OperationInfo?) -> PushAnswer {
        PushAnswer(
            changes: [ServiceChange(service: "data", kind: .create, fields: [])], notes: [], operation: operation)
    }

    @Test func pushFollowsItsOperationAndSaysHowToConnect() async throws {
        let steps = ["data: take ready directory", "data: start"]
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "POST /v1/applications/ramen/push": { _ in try .json(Self.push(Samples.operation(.running)), status: 202) },
            "GET /v1/operations/op1": { request in
                let seen = request.target.contains("seen=0") ? 0 : 1
                return try .json(Samples.operation(seen == 0 ? .running : .done, steps: Array(steps.prefix(seen + 1))))
            },
            "GET /v1/applications/ramen": { _ in try .json(Samples.application(Samples.service())) },
        ]
        try await withDaemon(answers) { scene, daemon in
            try scene.write(Self.file, to: "roost.yml")
            let outcome = await scene.roost("push", "-A", "ramen")
            #expect(outcome.status == 0 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("data: take ready directory 85 ms\ndata: start 85 ms\n"))
            #expect(outcome.errors.contains("data is running at 127.0.0.1:21000"))
            let sent = try JSON.decode(PushRequest.self, from: try #require(daemon.requests.first).body)
            #expect(sent == PushRequest(buildFile: Self.file, fileName: "roost.yml"))
            let json = await scene.roost("push", "-A", "ramen", "--json")
            #expect(json.errors.isEmpty)
            #expect(try json.document(PushAnswer.self).operation?.state == .done)
        }
    }

    @Test func aFailedOperationIsAFailure() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
            "POST /v1/applications/ramen/services/data/restart": { _ in try .json(Samples.operation(.running)) },
            "GET /v1/operations/op1": { _ in try .json(Samples.operation(.failed, error: "disk full")) },
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("restart", "data", "-A", "ramen")
            #expect(outcome.status == 1 && outcome.errors.contains("disk full"))
        }
    }

    @Test func anErrorInTheBuildFileNamesEachLine() async throws {
        let problem = Problem(
            .buildFileInvalid, "1 error in roost.yml",
            diagnostics: [Diagnostic(file: "roost.yml", line: 3, key: "services.data.memory", message: "no size")])
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .json(ProblemBody(problem), status: 400)
        }
        try await withDaemon(["POST /v1/applications/ramen/push": answer]) { scene, _ in
            try scene.write(Self.file, to: "dir/roost.yml")
            let piped = await scene.roost("push", "dir", "-A", "ramen")
            #expect(piped.status == 2)
            #expect(piped.errors == "roost.yml:3: services.data.memory: no size\nroost: 1 error in roost.yml\n")
            let seen = await scene.roost("push", "dir", "-A", "ramen", typed: [])
            #expect(seen.errors.contains("  3 |     memory: 12Q\n    |     \u{1b}[31m^^^^^^"))
            let json = await scene.roost("push", "dir", "-A", "ramen", "--json")
            #expect(try json.document(ProblemBody.self).error.diagnostics == problem.diagnostics)
        }
    }

    @Test func anUnknownApplicationIsToBeCreatedFirst() async throws {
        let answer: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response = { _ in
            try .problem(.applicationNotFound, "there is no application 'ramen'")
        }
        try await withDaemon(["POST /v1/applications/ramen/push": answer]) { scene, _ in
            try scene.write(Self.file, to: "roost.yml")
            let outcome = await scene.roost("push", "-A", "ramen")
            #expect(outcome.status == 3 && outcome.errors.contains("next: roost create ramen"))
        }
    }

    struct Asking: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var options: [String] = []
        var typed: [String]?
        let status: Int32
        let isDone: Bool
    }

    static let askings = [
        Asking(testDescription: "without a terminal --yes is needed", status: 4, isDone: false),
        Asking(testDescription: "--yes says it", options: ["--yes"], status: 0, isDone: true),
        Asking(testDescription: "the name says it on a terminal", typed: ["data"], status: 0, isDone: true),
        Asking(testDescription: "another name does not", typed: ["date"], status: 4, isDone: false),
        Asking(testDescription: "an empty line does not", typed: [""], status: 4, isDone: false),
        Asking(testDescription: "the end of input does not", typed: [], status: 4, isDone: false),
        Asking(
            testDescription: "--dry-run changes nothing", options: ["--dry-run", "--yes"], status: 0, isDone: false),
    ]

    @Test(arguments: askings)
    func destroyAsksForTheName(_ asking: Asking) async throws {
        let answer = DestroyAnswer(services: ["data"], snapshots: ["data": "snap1"], operation: nil)
        let path = "DELETE /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(answer) }]) { scene, daemon in
            let outcome = await scene.run(["destroy", "data", "-A", "ramen"] + asking.options, typed: asking.typed)
            #expect(outcome.status == asking.status, "\(outcome)")
            let real = daemon.requests.filter { !$0.target.contains("dry_run=true") }
            #expect(!real.isEmpty == asking.isDone)
            if asking.status == 4 && asking.typed == nil { #expect(outcome.errors.contains("--yes")) }
        }
    }

    @Test func whatDoesNotExistIsToldBeforeAnythingIsAsked() async throws {
        let path = "DELETE /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .problem(.serviceNotFound) }]) { scene, _ in
            #expect(await scene.roost("destroy", "data", "-A", "ramen").status == 3)
        }
    }

    @Test func noKeepIsPassedOn() async throws {
        let answer = DestroyAnswer(services: ["data"], snapshots: [:], operation: nil)
        let path = "DELETE /v1/applications/ramen/services/data"
        try await withDaemon([path: { _ in try .json(answer) }]) { scene, daemon in
            #expect(await scene.roost("destroy", "data", "-A", "ramen", "--yes", "--no-keep").status == 0)
            #expect(daemon.requests.last?.target == "/v1/applications/ramen/services/data?confirm=data&keep=false")
        }
    }

    @Test func restoreTakesTheNewestSnapshotAndAsksWhereTheServiceStands() async throws {
        let snapshots = [("old", 0.0), ("new", 60.0)].map { id, age in
            SnapshotInfo(
                id: id, application: "ramen", service: "data", engine: "mariadb@10.11.19", reason: "destroy",
                method: "rename", createdAt: Samples.time + age, expiresAt: nil, sizeBytes: .mebibytes(1))
        }
        let stands = Mutex(true)
        try await withScene { scene in
            let daemon = try FakeDaemon(home: scene.folder) { request in
                switch request.path.split(separator: "/").last {
                case "snapshots": try .json(ItemList(snapshots))
                case "data": stands.withLock { $0 } ? try .json(Samples.service()) : try .problem(.serviceNotFound)
                default: try .json(Samples.operation(.done))
                }
            }
            defer { daemon.stop() }
            #expect(await scene.roost("snapshot", "restore", "data", "-A", "ramen").status == 4)
            stands.withLock { $0 = false }
            #expect(await scene.roost("snapshot", "restore", "data", "-A", "ramen").status == 0)
            let last = try #require(daemon.requests.last)
            #expect(last.target == "/v1/applications/ramen/services/data/snapshots/new/restore")
            #expect(try JSON.decode(RestoreRequest.self, from: last.body) == RestoreRequest())
            #expect(await scene.roost("snapshot", "restore", "data", "older", "-A", "ramen").status == 3)
        }
    }

    /// If one of two services refuses, the other stays as it is.
    @Test func scaleTriesEverythingBeforeItChangesAnything() async throws {
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "POST /v1/applications/ramen/services/data/scale": { _ in try .json(Self.push(nil)) },
            "POST /v1/applications/ramen/services/cache/scale": { _ in try .problem(.memoryTooSmall, "too little") },
        ]
        try await withDaemon(answers) { scene, daemon in
            let outcome = await scene.roost("scale", "data:memory=1G", "cache:memory=1M", "-A", "ramen")
            #expect(outcome.status == 2 && outcome.errors.contains("too little"))
            let bodies = try daemon.requests.map { try JSON.decode(ScaleRequest.self, from: $0.body) }
            #expect(bodies.allSatisfy { $0.dryRun == true })
            #expect(await scene.roost("scale", "data:memory=1G", "-A", "ramen").status == 0)
        }
    }

    @Test func theDrainIsSentWithANumberOfInstances() async throws {
        let path = "POST /v1/applications/ramen/services/"
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            "\(path)data/scale": { _ in try .json(Self.push(nil)) },
            "\(path)cache/scale": { _ in try .json(Self.push(nil)) },
        ]
        try await withDaemon(answers) { scene, daemon in
            let outcome = await scene.roost(
                "scale", "data:instances=1", "cache:memory=1G", "-A", "ramen", "--drain", "2500ms", "--yes")
            #expect(outcome.status == 0, "\(outcome)")
            let bodies = try daemon.requests.suffix(2).map { try JSON.decode(ScaleRequest.self, from: $0.body) }
            #expect(bodies.map(\.drainSeconds) == [2.5, nil])
        }
    }

    @Test(arguments: [
        ["data:instances=1", "--drain=61s"], ["data:instances=1", "--drain=soon"], ["data:memory=1G", "--drain=10s"],
    ])
    func aDrainOfNobodyOrForTooLongIsAUsageError(_ arguments: [String]) async throws {
        try await withDaemon([:]) { scene, daemon in
            let outcome = await scene.run(["scale", "-A", "ramen"] + arguments)
            #expect(outcome.status == 2 && daemon.requests.isEmpty, "\(outcome)")
        }
    }

    @Test func aTokenIsPrintedAloneOnStandardOutput() async throws {
        let token = TokenInfo(name: "ci", scope: "read", createdAt: Samples.time, token: "secret")
        try await withDaemon(["POST /v1/tokens": { _ in try .json(token, status: 201) }]) { scene, _ in
            let outcome = await scene.roost("token", "add", "ci", "--scope", "read")
            #expect(outcome.output == "secret\n" && !outcome.errors.contains("secret"))
        }
    }
}
