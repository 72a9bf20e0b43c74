import NIOCore
import NIOHTTP1

/// Ends a connection after an answer where the client expects that: HTTP/1.0 without `keep-alive`, and `close` in any
/// spelling. The library recognizes only the exact text `close`, and treats every version as 1.1.
///
/// The handler stands between the library's decoder and the library's own types, which have no version. It lives on
/// its channel's event loop.
final class ConnectionEndHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Persistence of the unanswered requests, oldest first.
    private var unanswered: CircularBuffer<Persistence> = []
    private var endsAfterAnswer = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let persistence = Persistence(version: head.version, isKeepAlive: head.isKeepAlive)
        unanswered.append(persistence)
        if persistence == .ends || persistence == .endsOld {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // An answer without a request is the library's answer to an unreadable request, and the connection's
            // last.
            let persistence = unanswered.popFirst() ?? .stays
            let hasLength = head.headers.contains(name: "content-length")
            if persistence.isOld { head.version = .http1_0 }
            switch persistence.after(answerWithLength: hasLength) {
            case .nothing: break
            case .ends: head.headers.replaceOrAdd(name: "connection", value: "close")
            case .saysThatItStays: head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
            }
            // In all other cases the library ends the connection by the request's headers.
            endsAfterAnswer = persistence == .staysOld && !hasLength
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            guard endsAfterAnswer else { return }
            // Data flushed before the close is still sent; the client reads to the end.
            context.flush()
            context.close(mode: .output, promise: nil)
        }
    }
}

/// Whether a connection outlives an answer. Pure.
enum Persistence: Equatable {
    /// HTTP/1.1.
    case stays
    case ends
    /// HTTP/1.0 and older: no chunked encoding.
    case staysOld
    case endsOld

    init(version: HTTPVersion, isKeepAlive: Bool) {
        let isOld = (version.major, version.minor) < (1, 1)
        self = isKeepAlive ? (isOld ? .staysOld : .stays) : (isOld ? .endsOld : .ends)
    }

    enum Follow: Equatable { case nothing, ends, saysThatItStays }

    /// For an older client, an answer without a length ends with the connection.
    func after(answerWithLength hasLength: Bool) -> Follow {
        switch self {
        case .stays: .nothing
        case .ends, .endsOld: .ends
        case .staysOld: hasLength ? .saysThatItStays : .ends
        }
    }

    var isOld: Bool { self == .staysOld || self == .endsOld }
}

/// Puts the handler behind the decoder: the library itself adds custom handlers only behind its own types.
final class ConnectionEndInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ConnectionEndHandler(), position: .after(decoder))
        } catch {
            // If the library's pipeline had no decoder, nothing would be served. Tests would show that.
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }
}
