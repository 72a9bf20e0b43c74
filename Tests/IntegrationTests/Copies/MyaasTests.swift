import Foundation
import RoostModel
import Testing

/// A script that was written for myaas works unchanged.
@Suite struct MyaasTests {
    private func dump(_ rows: Int) -> String {
        "CREATE TABLE t (n int primary key);\n" + (0..<rows).map { "INSERT INTO t VALUES (\($0));\n" }.joined()
    }

    @Test func eachCallAnswersAsThere() async throws {
        let folder = "/tmp/roost-myaas-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
        let slot = try PortSlot()
        let address = "127.0.0.1:\(slot.spare)"
        try await withRoost(arguments: ["--ready", "1", "--dumps", folder, "--myaas-listen", address]) { roost in
            // The dump is long enough to be met during its import.
            try Data(dump(60_000).utf8).write(to: URL(filePath: "\(folder)/shop.sql"))
            func post(_ name: String) async throws -> String {
                try await Command.run(
                    "/usr/bin/curl",
                    ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "http://\(address)/db/shop/\(name)"]
                ).output
            }
            try await eventually("it is met while it is imported") {
                let status = try await post("early")
                if status == "201" { throw Unexpected("it was imported before anybody looked") }
                return status == "423"
            }
            try await eventually("it is imported") {
                try await roost.json(ItemList<TemplateInfo>.self, "template", "ls").items.first?.state == .ready
            }
            let outcome = try await Command.run(
                "\(Programs.checkout)/Tests/clients/myaas_script.sh", ["http://\(address)", "shop", "mine"])
            #expect(
                outcome.output == """
                    GET /templates 200
                    GET /db 200
                    GET /db/shop/mine 404
                    POST /db/nothing/mine 404
                    POST /db/shop/mine 201
                    POST /db/shop/mine 304
                    GET /db/shop/mine 200
                    database myaas
                    host localhost
                    name mine
                    user myaas
                    password myaas
                    running True
                    60000
                    DELETE /db/shop/mine 204
                    DELETE /db/shop/mine 404

                    """, "\(outcome)")
            #expect(try await roost.clones().isEmpty)
        }
    }

    @Test func aSettingThatIsWrongKeepsRoostdFromStarting() async throws {
        let outcome = try await Command.run(
            Programs.roostd, ["--home", "/tmp/roost-never", "--myaas-listen", "127.0.0.1:1"],
            environment: ["MYAAS_BACKEND": "myaas.backends.oracle"])
        #expect(outcome.status == 2 && outcome.errors.contains("MYAAS_BACKEND"), "\(outcome)")
    }
}
