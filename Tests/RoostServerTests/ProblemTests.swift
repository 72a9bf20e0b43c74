import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// Bad requests and inner failures: each answered by a problem that helps, none by more than that.
@Suite struct ProblemTests {
    static let push = "/v1/applications/ramen/push"

    /// A request that is refused, and what the problem says.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let uri: String
        var body: String?
        let status: Int
        let code: ProblemCode
        let message: String
        var testDescription: String { "\(method) \(uri) \(body ?? "")" }
    }

    static let wrong: [Wrong] = [
        Wrong(
            method: .get, uri: "/v1/nothing", status: 404, code: .notFound,
            message: "nothing found at '/v1/nothing'"),
        Wrong(
            method: .post, uri: "/v1/applications/ramen", status: 405, code: .usage,
            message: "POST is not allowed at '/v1/applications/ramen'; use DELETE, GET, HEAD, PUT"),
        Wrong(
            method: .get, uri: "/v1/applications/Ramen", status: 400, code: .nameInvalid,
            message: "'Ramen' is not a valid application name: use 1 to 31 of a-z, 0-9, _ and -, starting with a letter"
        ),
        Wrong(
            method: .get, uri: "/v1/applications/..%2f..%2fetc", status: 400, code: .nameInvalid,
            message: "'../../etc' is not a valid application"),
        Wrong(
            method: .get, uri: "/v1/applications/ramen/services/data-1", status: 400, code: .nameInvalid,
            message: "'data-1' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"),
        Wrong(
            method: .get, uri: "/v1/applications/ramen/instances/data/logs", status: 400, code: .nameInvalid,
            message: "'data' is not a valid instance: use SERVICE.NUMBER, such as data.0"),
        Wrong(
            method: .get, uri: "/v1/applications/ramen/instances/data.01/logs", status: 400, code: .nameInvalid,
            message: "'data.01' is not a valid instance: use SERVICE.NUMBER, such as data.0"),
        Wrong(
            method: .get, uri: "/v1/applications/soup", status: 404, code: .applicationNotFound,
            message: "there is no application 'soup'"),
        Wrong(
            method: .get, uri: "/v1/applications?limit=3", status: 400, code: .usage,
            message: "unknown query item 'limit'; this request has none"),
        Wrong(
            method: .get, uri: "/v1/events?limits=3", status: 400, code: .usage,
            message: "unknown query item 'limits'; known items: after, application, limit"),
        Wrong(
            method: .get, uri: "/v1/events?limit=3&limit=4", status: 400, code: .usage,
            message: "query item 'limit' is given twice"),
        Wrong(
            method: .get, uri: "/v1/events?limit=0", status: 400, code: .usage,
            message: "query item 'limit' must be a number, 1 to 1000, not '0'"),
        Wrong(
            method: .get, uri: "/v1/events?after=-1", status: 400, code: .usage,
            message: "an event's id must be a number, not '-1'"),
        Wrong(
            method: .get, uri: "/v1/applications/ramen/services/data?show_password=maybe", status: 400, code: .usage,
            message: "query item 'show_password' must be true or false, not 'maybe'"),
        Wrong(
            method: .post, uri: push + "?wait=done", body: "{}", status: 400, code: .usage,
            message: "query item 'wait' must be one of ready, not 'done'"),
        Wrong(
            method: .put, uri: "/v1/applications/soup", body: #"{"memory":"1G"}"#, status: 400, code: .bodyInvalid,
            message: "this request takes no body"),
        Wrong(
            method: .delete, uri: "/v1/applications/ramen", body: #"{"confirm":"ramen"}"#, status: 400,
            code: .bodyInvalid, message: "this request takes no body"),
        Wrong(
            method: .post, uri: push, body: "{", status: 400, code: .bodyInvalid,
            message: "invalid request body"),
        Wrong(
            method: .post, uri: push, body: "[1]", status: 400, code: .bodyInvalid,
            message: "invalid request body"),
        Wrong(
            method: .post, uri: push, body: nil, status: 400, code: .bodyInvalid,
            message: "field 'build_file' is missing"),
        Wrong(
            method: .post, uri: push, body: #"{"build_file":"","file_name":"roost.yml","dryrun":true}"#, status: 400,
            code: .bodyInvalid,
            message:
                "unknown field 'dryrun'; known fields: build_file, dry_run, file_name, install_packages, sources, yes"
        ),
        Wrong(
            method: .post, uri: push, body: #"{"build_file":7,"file_name":"roost.yml"}"#, status: 400,
            code: .bodyInvalid, message: "field 'build_file'"),
        Wrong(
            method: .post, uri: "/v1/applications/ramen/services/data/password", body: #"{"grace_seconds":-1}"#,
            status: 400, code: .bodyInvalid, message: "field 'grace_seconds' must be a number from 0 to 2592000, not -1"
        ),
    ]

    @Test(arguments: wrong)
    func saysWhatIsWrong(_ wrong: Wrong) async throws {
        let bench = try Bench()
        let response = try await bench.send(wrong.method, wrong.uri, body: wrong.body)
        let problem = try response.problem()
        #expect(response.status.code == wrong.status)
        #expect(problem.code == wrong.code)
        #expect(problem.message.contains(wrong.message))
        #expect(bench.platform.calls.isEmpty)
    }

    @Test func aRefusedMethodNamesThePossibleOnes() async throws {
        let response = try await Bench().send(.init("PURGE") ?? .patch, "/v1/tokens")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == "GET, HEAD, POST")
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "text/plain"])
    func anotherContentTypeIsRefused(type: String) async throws {
        let response = try await Bench().send(.post, Self.push, body: "{}", headers: [.contentType: type])
        #expect(try response.problem().message.contains(type))
        #expect(try response.problem().nextSteps == ["send it with the header 'Content-Type: application/json'"])
    }

    @Test func aBodyOverTwoMebibytesIsTooLarge() async throws {
        let body = String(repeating: " ", count: (2 << 20) + 1)
        let response = try await Bench().send(.post, Self.push, body: body)
        #expect(response.status == .contentTooLarge)
        #expect(try response.problem() == Problem(.bodyTooLarge, "the body is larger than 2M"))
    }

    @Test func aBodyThatHidesItsLengthIsTooLargeAsWell() async throws {
        let body = String(repeating: " ", count: (2 << 20) + 1)
        let response = try await Bench().send(.post, Self.push, body: body, headers: [.transferEncoding: "chunked"])
        #expect(response.status == .contentTooLarge)
    }

    @Test(arguments: [(1 << 20, 202), ((1 << 20) + 1, 413)])
    func aBuildFileIsOneMebibyteAtMost(size: Int, status: Int) async throws {
        let body = #"{"build_file":"\#(String(repeating: "x", count: size))","file_name":"roost.yml"}"#
        #expect(try await Bench().send(.post, Self.push, body: body).status.code == status)
    }

    @Test func everyCodeHasItsStatus() async throws {
        for code in ProblemCode.allCases {
            let bench = try Bench()
            bench.platform.state.withLock { $0.failure = Problem(code, "no", next: ["roost doctor"]) }
            let response = try await bench.send(.get, ApplicationEndpoints.list.template)
            #expect(response.status.code == code.httpStatus)
            #expect(try response.problem() == Problem(code, "no", next: ["roost doctor"]))
        }
    }

    @Test func diagnosticsComeThrough() async throws {
        let bench = try Bench()
        let wrong = Diagnostic(file: "roost.yml", line: 3, key: "services.data.memory", message: "is no size")
        bench.platform.state.withLock {
            $0.failure = Problem(.buildFileInvalid, "the build file has an error", diagnostics: [wrong])
        }
        #expect(try await bench.send(.get, ApplicationEndpoints.list.template).problem().diagnostics == [wrong])
    }

    @Test func anErrorInsideIsLoggedAndNotShown() async throws {
        /// An internal error that reaches a route.
        struct Internal: Error { let secret = "internal-detail" }
        let bench = try Bench()
        let route = HTTPRoute(.get, "/v1/broken", .machine) { _ in throw Internal() }
        let middleware = AnswerMiddleware(logger: bench.api.logger, routes: [route])
        let router = Router(context: CallContext.self)
        router.add(middleware: middleware)
        router.get("/v1/broken") { _, _ -> Response in throw Internal() }
        let response = try await Hummingbird.Application(router: router).test(.router) { client in
            try await client.execute(uri: "/v1/broken", method: .get)
        }
        let problem = try response.problem()
        #expect(response.status == .internalServerError)
        #expect(problem.message == "internal error in roostd")
        #expect(!response.text.contains("internal-detail"))
        let request = try #require(response.headers[HTTPField.Name.requestID])
        #expect(problem.nextSteps.contains { $0.contains(request) })
        #expect(bench.log.text.contains("internal-detail") && bench.log.text.contains("request=\(request)"))
    }

    @Test func theLogHasNoQueryAndNoToken() async throws {
        let bench = try Bench()
        _ = try await bench.send(.get, "/sign-in?code=one-time-secret", at: .network)
        _ = try await bench.send(.get, ApplicationEndpoints.list.template, token: "admin-token")
        #expect(bench.log.text.contains("path=GET /sign-in"))
        #expect(!bench.log.text.contains("one-time-secret"))
        #expect(!bench.log.text.contains("admin-token"))
    }
}
