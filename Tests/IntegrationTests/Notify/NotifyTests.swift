import Foundation
import RoostModel
import Testing

/// Events reach a webhook, through refusals and a restart of roostd.
@Suite
struct NotifyTests {
    private static func file(_ url: String) -> String {
        BuildFiles.services("data: {type: mysql, memory: 192M, notify: \(url)}")
    }

    @Test func aWebhookThatFailsTwiceGetsTheEventAfterARestart() async throws {
        try await withRoost { roost in
            let receiver = try WebhookReceiver(in: roost.folder, failures: 2)
            defer { receiver.stop() }
            let pushed = try await roost.push(Self.file(receiver.url))
            #expect((pushed.output + pushed.errors).contains("http://127.0.0.1:\(receiver.port)"), "\(pushed)")
            #expect(!(pushed.output + pushed.errors).contains("/hook"), "paths are often secrets")
            let secret = try await roost.roost("notify", "secret", "-A", "ramen").expectSuccess().lines.first ?? ""
            try await roost.waitReady()
            kill(try await roost.pid(), SIGKILL)
            try await eventually("the event was refused") { try receiver.requests.contains { $0.status == 503 } }
            await roost.killDaemon()
            try await roost.start()
            try await eventually("the event was accepted") { try receiver.requests.contains { $0.status == 204 } }

            let requests = try receiver.requests
            #expect(requests.prefix(2).map(\.status) == [503, 503], "\(requests)")
            let accepted = try #require(requests.first { $0.status == 204 })
            #expect(accepted.body == requests[0].body, "the same event with the same id")
            #expect(accepted.path == "/hook?from=roost" && accepted.type == "application/json")
            let fields = try accepted.fields
            #expect(fields["kind"] as? String == "instance_exited", "\(accepted.body)")
            #expect(fields["application"] as? String == "ramen" && fields["service"] as? String == "data")
            #expect(fields["instance"] as? String == "data.0" && fields["failover"] is NSNull)
            for request in requests { #expect(try await isSigned(request, by: secret), "\(request)") }
            #expect(try await !isSigned(accepted, by: secret + "x"))

            try await eventually("nothing waits") {
                let infos: ItemList<WebhookInfo> = try await roost.json(
                    ItemList<WebhookInfo>.self, "notify", "status", "-A", "ramen")
                let info = infos.items.first
                return info?.waiting == 0 && info?.lastSuccess != nil && info?.lastError?.contains("503") == true
                    && info?.dropped == 0
            }
        }
    }

    @Test func aTestTellsWhatTheReceiverAnswers() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.waitReady()
            let pid = try await roost.pid()
            #expect(try await roost.problem("notify", "test", "-A", "ramen").status == 3)
            let receiver = try WebhookReceiver(in: roost.folder, failures: 1)
            defer { receiver.stop() }
            try await roost.push(Self.file("{url: \(receiver.url)}"))
            let refused = try await roost.roost("notify", "test", "-A", "ramen")
            #expect(refused.status == 1 && refused.output.contains("answered 503"), "\(refused)")
            let taken = try await roost.roost("notify", "test", "-A", "ramen").expectSuccess()
            #expect(taken.output.contains("answered 204"), "\(taken)")
            #expect(try receiver.requests.map { try $0.fields["kind"] as? String } == ["notify_test", "notify_test"])

            // A file without the key changes nothing; an empty map removes the address.
            try await roost.push(BuildFiles.one)
            try await roost.roost("notify", "test", "data", "-A", "ramen").expectSuccess()
            try await roost.push(Self.file("{}"))
            #expect(try await roost.problem("notify", "test", "-A", "ramen").status == 3)
            #expect(try await roost.problem("notify", "test", "nosuch", "-A", "ramen").status == 3)
            #expect(try await roost.pid() == pid, "changed in place")
        }
    }

    @Test func roostdsOwnAddressGetsTheEventsOfEveryApplication() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover disturbs no test.
        let receiver = try WebhookReceiver(in: folder, failures: 0)
        defer { receiver.stop() }
        try await withRoost(arguments: ["--ready", "0", "--notify", receiver.url]) { roost in
            try await roost.push(BuildFiles.one)
            try await roost.waitReady()
            kill(try await roost.pid(), SIGKILL)
            try await eventually("the event has come") { try !receiver.requests.isEmpty }
            let secret = try await roost.roost("notify", "secret", "--daemon").expectSuccess().lines.first ?? ""
            let request = try #require(try receiver.requests.first)
            #expect(try request.fields["application"] as? String == "ramen")
            #expect(try await isSigned(request, by: secret))
        }
    }

    /// Computes the signature as a receiver would, with Python's hmac.
    private func isSigned(_ request: WebhookReceiver.Request, by secret: String) async throws -> Bool {
        let script = """
            import hashlib, hmac, sys
            time, code = (part.split('=')[1] for part in sys.argv[1].split(','))
            print(hmac.new(sys.argv[2].encode(), f'{time}.{sys.argv[3]}'.encode(), hashlib.sha256).hexdigest() == code)
            """
        let outcome = try await Command.run(
            "/usr/bin/python3", ["-c", script, request.signature, secret, request.body]
        ).expectSuccess()
        return outcome.lines == ["True"]
    }
}
