import Foundation
import RoostModel
import Testing

/// Addresses of webhooks: which are taken, and why others are not.
@Suite struct WebhookURLTests {
    @Test(arguments: [
        ("https://ops.example.com/hook", "https://ops.example.com"),
        ("http://127.0.0.1:8080/a?b=c%20d", "http://127.0.0.1:8080"),
        ("HTTP://localhost", "HTTP://localhost"), ("http://[::1]:9000/x", "http://[::1]:9000"),
        ("https://hooks.example.com?token=s3cret", "https://hooks.example.com"),
    ])
    func isTakenAndShownWithoutItsPath(text: String, origin: String) throws {
        let url = try WebhookURL(text)
        #expect(url.text == text && url.origin == origin)
        #expect(try JSON.decode([WebhookURL].self, from: try JSON.encode([url])) == [url])
    }

    @Test(arguments: [
        ("", "is not a URL with http or https"), ("ops.example.com/hook", "is not a URL with http or https"),
        ("ftp://ops.example.com", "is not a URL with http or https"), ("http://", "has no valid host"),
        ("http:///hook", "has no valid host"), ("http://:80/", "has no valid host"),
        ("http://[::1", "has no valid host"),
        ("http://[ops]/", "has no valid host"), ("http://a..b:/", "has the port ':'"),
        ("http://ops:0/", "has the port '0'"), ("http://ops:65536/", "has the port '65536'"),
        ("http://ops:http/", "has the port 'http'"), ("http://me:pw@ops/", "has a user name or a password"),
        ("http://ops/#top", "has a fragment"), ("http://ops/a b", "has a character"),
        ("http://ops/\n", "has a character"), ("http://öps/", "has a character"), ("http://ops/{x}", "has a character"),
        ("http://ops/" + String(repeating: "x", count: 2048), "has 2059 bytes; the limit is 2048"),
    ])
    func isRefusedWithTheReason(text: String, reason: String) {
        let fault = #expect(throws: WebhookURL.Fault.self) { try WebhookURL(text) }
        #expect(fault?.reason.hasPrefix(reason) == true, "\(fault?.reason ?? "")")
    }

    /// Documents of earlier releases lack the key, and those of services without addresses are as they were.
    @Test func settingsWithoutAddressesAreReadAndWritten() throws {
        let settings = ServiceSettings(memory: .mebibytes(256))
        let text = String(decoding: try JSON.encode(settings), as: UTF8.self)
        #expect(!text.contains("notify"))
        #expect(try JSON.decode(ServiceSettings.self, from: Data(text.utf8)).notify == nil)
        var told = settings
        told.notify = [try WebhookURL("https://ops.example.com/hook")]
        #expect(try JSON.decode(ServiceSettings.self, from: try JSON.encode(told)) == told)
    }

    @Test(arguments: [
        (WebhookReply(status: 204), true, "the receiver answered 204"),
        (WebhookReply(status: 302), false, "the receiver answered 302; redirects are not followed"),
        (WebhookReply(status: 503), false, "the receiver answered 503, which is not a 2xx status"),
        (WebhookReply(failure: "no route"), false, "no route"),
    ])
    func onlyAStatusOf2xxAccepts(reply: WebhookReply, isAccepted: Bool, text: String) {
        #expect(reply.isAccepted == isAccepted && reply.text == text)
    }
}
