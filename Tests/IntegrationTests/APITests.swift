import Foundation
import RoostModel
import Testing

/// The HTTP API with misbehaving clients, and its permissions.
@Suite
struct APITests {
    @Test func anUnknownFieldIsRefusedByName() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let answer = try await roost.api(
                "POST", "/v1/applications/ramen/services/data/restart", body: Data(#"{"instnace":0}"#.utf8))
            #expect(answer.status == 400)
            let problem = try answer.problem()
            #expect(problem.code == "body_invalid")
            #expect(problem.message.contains("instnace") && problem.message.contains("instance"), "\(problem)")
        }
    }

    @Test func aBodyThatIsNotWhatItShouldBeIsRefused() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            for body in ["[]", "{", "null", #"{"instance":"zero"}"#, "\u{0}", #"{"instance":1e99}"#] {
                let answer = try await roost.api(
                    "POST", "/v1/applications/ramen/services/data/restart", body: Data(body.utf8))
                #expect(answer.status == 400, "\(body): \(answer.text)")
            }
            #expect(try await roost.pid() == pid)
        }
    }

    @Test func aBodyThatIsTooLargeIsRefusedAndTheDaemonServesOn() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            try await roost.roost("create", "ramen").expectSuccess()
            let file = String(repeating: "# a long comment\n", count: 1 << 20)
            let body = try JSON.encode(PushRequest(buildFile: file, fileName: "roost.yml"))
            let answer = try await roost.api("POST", "/v1/applications/ramen/push", body: body)
            #expect(answer.status == 413, "\(answer.text)")
            #expect(try answer.problem().code == "body_too_large")
            #expect(try await roost.isHealthy())
        }
    }

    @Test func anInstanceIsShownAsInItsService() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let answer = try await roost.api("GET", "/v1/applications/ramen/instances/data.0")
            #expect(answer.status == 200, "\(answer.text)")
            let instance = try JSON.decode(ServiceInfo.Instance.self, from: answer.body)
            #expect(try await roost.info().instances == [instance])
            let missing = try await roost.api("GET", "/v1/applications/ramen/instances/data.7")
            #expect(try missing.status == 404 && missing.problem().code == "instance_not_found", "\(missing.text)")
        }
    }

    @Test func whatIsNotThereIsSaid() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            try await roost.roost("create", "ramen").expectSuccess()
            for (path, status) in [
                ("/v1/nothing", 404), ("/v1/applications/nobody", 404),
                ("/v1/applications/ramen/services/nothing", 404),
                ("/v1/applications/Not-A-Name", 400), ("/v1/applications/..%2f..%2fetc", 400),
                ("/v1/operations/nothing", 404),
            ] {
                let answer = try await roost.api("GET", path)
                #expect(answer.status == status, "\(path): \(answer.text)")
                #expect(try !answer.problem().message.isEmpty)
            }
        }
    }

    @Test func overTCPATokenDecides() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let url = "http://127.0.0.1:\(roost.ports.api)"
            try await roost.roost(
                "create", "other", in: try roost.applicationFolder("other", buildFile: BuildFiles.one)
            )
            .expectSuccess()
            let admin: TokenInfo = try await roost.json(TokenInfo.self, "token", "add", "ops", "--scope", "admin")
            let reader: TokenInfo = try await roost.json(TokenInfo.self, "token", "add", "eye", "--scope", "read")
            let other: TokenInfo = try await roost.json(TokenInfo.self, "token", "add", "app", "--scope", "app:other")
            let info = { (token: String?) in
                try await roost.roost(
                    "info", "data", "-A", "ramen", "--url", url,
                    environment: token.map { ["ROOST_TOKEN": $0] } ?? [:])
            }
            #expect(try await info(nil).status == 1)
            #expect(try await info("wrong").status == 1)
            #expect(try await info(admin.token).status == 0)
            #expect(try await info(reader.token).status == 0)
            #expect(try await info(other.token).status != 0)
            // A reader's token allows neither changes nor passwords.
            let variables = ["ROOST_TOKEN": reader.token ?? ""]
            for command in [["restart", "data"], ["url", "data"], ["info", "data", "--show-password"]] {
                let outcome = try await roost.roost(command + ["-A", "ramen", "--url", url], environment: variables)
                #expect(outcome.status == 1, "\(outcome)")
            }
            try await roost.roost("token", "rm", "ops", "--yes").expectSuccess()
            #expect(try await info(admin.token).status == 1)
        }
    }

    @Test func theSocketIsClosedToStrangers() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            var status = stat()
            #expect(stat(roost.socket, &status) == 0)
            #expect(status.st_mode & 0o007 == 0, "mode \(String(status.st_mode & 0o777, radix: 8))")
        }
    }

    @Test func healthMetricsAndDescriptionAreServed() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            #expect(try await roost.api("GET", "/healthz").status == 200)
            let metrics = try await roost.api("GET", "/metrics")
            #expect(metrics.status == 200)
            #expect(metrics.text.contains("# TYPE roost_"), "\(metrics.text.prefix(500))")
            let description = try await roost.api("GET", "/v1/openapi.json")
            #expect(description.status == 200)
            #expect(try JSONSerialization.jsonObject(with: description.body) is [String: Any])
        }
    }
}
