import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostModel

/// Makes one request to a webhook: no redirect, no second attempt, and only the status of the answer is read.
enum WebhookClient {
    static func send(_ post: WebhookPost) async -> WebhookReply {
        let patience = TimeAmount(WebhookPost.patience)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: patience, read: patience))
        configuration.httpVersion = .http1Only
        // roostd decides when to try again, and tells the reason of each failure.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .shared(loops), configuration: configuration)
        var request = HTTPClientRequest(url: post.url.text)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "roost/\(Version.current)")
        request.headers.add(name: WebhookPost.signatureHeader, value: post.signature)
        request.body = .bytes(Array(post.body.utf8))
        let reply: WebhookReply
        do {
            reply = WebhookReply(status: Int(try await http.execute(request, deadline: .now() + patience).status.code))
        } catch {
            reply = WebhookReply(failure: failure(error))
        }
        // The process ends next, so a connection that fails to close is ignored.
        try? await http.shutdown()
        try? await loops.shutdownGracefully()
        return reply
    }

    private static func failure(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout:
            "the receiver did not answer within \(WebhookPost.patience.components.seconds) s"
        default: "the receiver cannot be reached: \(error.sentence)"
        }
    }
}
