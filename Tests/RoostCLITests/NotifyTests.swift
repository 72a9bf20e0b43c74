import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// The commands on webhooks, and the program's own HTTP client.
@Suite struct NotifyTests {
    @Test func statusTellsOfEachAddress() async throws {
        let infos = [
            WebhookInfo(
                service: "data", url: "https://ops.example.com/hook", lastSuccess: nil,
                lastError: "the receiver answered 503",
                lastErrorAt: Date(), waiting: 7, dropped: 3)
        ]
        try await withDaemon(["GET /v1/applications/ramen/notify": { _ in try .json(ItemList(infos)) }]) { scene, _ in
            let outcome = await scene.run(["notify", "status", "-A", "ramen"])
            #expect(outcome.status == 0)
            for word in ["data", "https://ops.example.com/hook", "never", "7", "3", "the receiver answered 503"] {
                #expect(outcome.output.contains(word), "\(outcome)")
            }
        }
    }

    @Test(arguments: [(204, Int32(0)), (500, 1)])
    func testFailsUnlessEveryReceiverTookTheEvent(status: Int, exit: Int32) async throws {
        let tests = [200, status].map { WebhookTest(service: nil, url: "http://ops/", reply: WebhookReply(status: $0)) }
        try await withDaemon(["POST /v1/notify/test": { _ in try .json(ItemList(tests)) }]) { scene, _ in
            let outcome = await scene.run(["notify", "test", "--daemon"])
            #expect(outcome.status == exit, "\(outcome)")
            #expect(outcome.output.contains("the receiver answered \(status)"), "\(outcome)")
        }
    }

    @Test func aTestIsOfOneServiceIfItIsNamed() async throws {
        let tests = [WebhookTest(service: "data", url: "http://ops/", reply: WebhookReply(status: 204))]
        let path = "POST /v1/applications/ramen/notify/test"
        try await withDaemon([path: { _ in try .json(ItemList(tests)) }]) { scene, daemon in
            #expect(await scene.run(["notify", "test", "data", "-A", "ramen"]).status == 0)
            #expect(daemon.requests.last?.target.hasSuffix("/notify/test?service=data") == true)
            #expect(await scene.run(["notify", "test", "data", "--daemon"]).status == 2)
        }
    }

    @Test func theSecretIsPrintedAlone() async throws {
        let secret = NotifySecret(secret: "s3cret")
        try await withDaemon(["GET /v1/applications/ramen/notify/secret": { _ in try .json(secret) }]) { scene, _ in
            #expect(await scene.run(["notify", "secret", "-A", "ramen"]).output == "s3cret\n")
        }
    }

    @Test func deliverIsNotShownInHelp() async throws {
        try await withScene { scene in
            let outcome = await scene.run(["notify", "--help"])
            #expect(outcome.output.contains("status") && !outcome.output.contains("used by roostd"), "\(outcome)")
        }
    }

    @Test func aReceiverThatIsNotThereIsReported() async throws {
        // Port 1 of loopback is reserved, and nothing listens there.
        let url = try WebhookURL("http://127.0.0.1:1/")
        let reply = await WebhookClient.send(WebhookPost(url: url, body: "{}", signature: "t=1,v1=0"))
        #expect(!reply.isAccepted && reply.status == nil)
        #expect(reply.text.hasPrefix("the receiver cannot be reached: "), "\(reply.text)")
    }
}
