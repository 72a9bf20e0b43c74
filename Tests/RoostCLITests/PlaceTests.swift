import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Services and clones by one name, for the commands that take both.
@Suite struct PlaceTests {
    typealias Answers = [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response]

    private static let service = "GET /v1/applications/ramen/services/data"
    private static let clone = "GET /v1/clones/data"

    private static func answers(service: Bool, clone: Bool) -> Answers {
        [
            Self.service: { _ in
                try service ? .json(Samples.service(password: "pw")) : .problem(.serviceNotFound, "no service 'data'")
            },
            Self.clone: { _ in
                try clone ? .json(Samples.clone("data", password: "pw")) : .problem(.cloneNotFound, "no clone 'data'")
            },
            "POST /v1/applications/ramen/services/data/restart": { _ in try .json(Samples.operation(.done)) },
            "POST /v1/clones/data/restart": { _ in try .json(Samples.operation(.done)) },
            "GET /v1/clones/data/logs": { _ in FakeDaemon.Response(status: 200, body: Data("a line\n".utf8)) },
            "GET /v1/clones/data/environment": { _ in try .json(EnvironmentInfo(variables: ["SHOP_URL": "x"])) },
            "POST /v1/clones/data/snapshots": { _ in try .json(Samples.operation(.done)) },
        ]
    }

    static let rows: [(service: Bool, clone: Bool, name: String, asked: String?)] = [
        (true, false, "data", "/v1/applications/ramen/services/data/restart"),
        (false, true, "data", "/v1/clones/data/restart"),
        // The service is chosen first, and the output names the clone.
        (true, true, "data", "/v1/applications/ramen/services/data/restart"),
        (true, true, "clone:data", "/v1/clones/data/restart"),
        (true, true, "service:data", "/v1/applications/ramen/services/data/restart"),
        (false, false, "data", nil),
    ]

    @Test(arguments: rows)
    func aServiceComesFirstAndThenAClone(service: Bool, clone: Bool, name: String, asked: String?) async throws {
        try await withDaemon(Self.answers(service: service, clone: clone)) { scene, daemon in
            let outcome = await scene.roost("restart", name, "-A", "ramen")
            #expect(outcome.status == (asked == nil ? 3 : 0), "\(outcome)")
            #expect(daemon.requests.last { $0.method == "POST" }?.path == asked)
            #expect(outcome.errors.contains("use 'clone:data'") == (service && clone && name == "data"))
        }
    }

    @Test func eachCommandKnowsAClone() async throws {
        try await withDaemon(Self.answers(service: false, clone: true)) { scene, _ in
            #expect(await scene.roost("url", "data").output == "mysql://root:pw@127.0.0.1:21000/shop\n")
            #expect(await scene.roost("logs", "data", "-A", "ramen").output == "a line\n")
            #expect(await scene.roost("env", "clone:data", "--format", "shell").output.contains("SHOP_URL"))
            #expect(await scene.roost("snapshot", "new", "data").status == 0)
        }
    }

    /// Ctrl-C names the operation, and both things that can be done with it.
    @Test func anInterruptSaysWhatGoesOn() {
        let words = InterruptNotice.words(Samples.operation(.running))
        #expect(words.contains("continues as operation op1"))
        #expect(words.contains("roost operation show op1 --follow") && words.contains("roost operation cancel op1"))
    }
}
