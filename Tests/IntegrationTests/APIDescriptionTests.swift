import Foundation
import RoostModel
import Testing

/// The API does what its own description says. A generator of requests checks it for about a minute.
///
/// schemathesis makes valid and wrong requests from the document at `/v1/openapi.json` and checks each answer against
/// it: statuses, types and bodies that the document does not have, wrong requests that are accepted, right ones that
/// are refused. `Tests/clients/schemathesis.toml` lists the exceptions and their reasons.
@Suite
struct APIDescriptionTests {
    private static let program = "\(Programs.checkout)/.build/test-clients/bin/schemathesis"

    /// The part of the generator's report that the test reads.
    private struct Report: Decodable {
        struct Cases: Decodable { let generated: Int }
        let testCases: Cases

        private enum CodingKeys: String, CodingKey { case testCases = "test_cases" }
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: program),
            "schemathesis is not installed; scripts/setup --tests does it"))
    func answersAreAsTheDocumentSays() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            try await roost.push(BuildFiles.services("data: {type: mariadb, memory: 192M}"))
            let token = try await roost.roost("token", "add", "generator", "--scope", "admin").expectSuccess()
                .output.trimmingCharacters(in: .newlines)
            let address = "http://127.0.0.1:\(roost.ports.api)"
            let report = "\(roost.folder)/report.json"
            let outcome = try await Command.run(
                Self.program,
                [
                    "--config-file", "\(Programs.checkout)/Tests/clients/schemathesis.toml", "run",
                    "\(address)/v1/openapi.json", "-H", "Authorization: Bearer \(token)", "--no-color", "--report",
                    "json",
                    "--report-json-path", report,
                ],
                environment: ["ROOST_TEST_URL": address, "ROOST_TEST_TOKEN": token, "HOME": roost.folder],
                in: roost.folder, patience: .seconds(240))
            let data = try Data(contentsOf: URL(filePath: report))
            let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let failures = try #require(document["failures"] as? [Any])
            #expect(failures.isEmpty, "\(outcome.output.suffix(6000))")
            let cases = try JSONDecoder().decode(Report.self, from: data).testCases
            #expect(cases.generated > 500, "\(outcome.output.suffix(2000))")
            #expect(try await roost.isHealthy())
        }
    }
}
