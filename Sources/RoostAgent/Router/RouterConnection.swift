import DequeModule
import Foundation
import NIOCore
import NIOPosix
import RoostModel

/// A connection to the router's control socket: one request line, one reply line, in order.
final class RouterConnection: Sendable {
    enum Failure: Error, CustomStringConvertible {
        case unreachable(String)
        case unanswered
        case unreadable(String)

        var description: String {
            switch self {
            case .unreachable(let reason): "the router cannot be reached: \(reason)"
            case .unanswered: "the router did not answer in time"
            case .unreadable(let reason): "the router's answer cannot be read: \(reason)"
            }
        }
    }

    private static let longestLine = 16 << 20
    private static let patience: TimeAmount = .seconds(5)

    private let channel: any Channel
    private let replies: ReplyHandler

    private init(channel: any Channel, replies: ReplyHandler) {
        self.channel = channel
        self.replies = replies
    }

    static func open(path: String) async throws(Failure) -> RouterConnection {
        let replies = ReplyHandler()
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(2))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            ByteToMessageHandler(LineDecoder(longest: longestLine)), replies)
                    }
                }
                .connect(unixDomainSocketPath: path).get()
            return RouterConnection(channel: channel, replies: replies)
        } catch {
            throw .unreachable("\(error)")
        }
    }

    func send(_ request: RouterRequest) async throws(Failure) -> RouterReply {
        do {
            var line = ByteBuffer(bytes: try JSON.encode(request))
            line.writeString("\n")
            let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
            let deadline = channel.eventLoop.scheduleTask(in: Self.patience) { [channel] in
                // A late reply would be taken for the reply to the next request, so the first timeout closes the
                // connection.
                promise.fail(Failure.unanswered)
                channel.close(promise: nil)
            }
            promise.futureResult.whenComplete { _ in deadline.cancel() }
            channel.eventLoop.execute { [replies, channel] in
                replies.expect(promise)
                channel.writeAndFlush(line, promise: nil)
            }
            let reply = try await promise.futureResult.get()
            return try JSON.decode(RouterReply.self, from: Data(reply.readableBytesView))
        } catch let failure as Failure {
            throw failure
        } catch let error as DecodingError {
            throw .unreadable("\(error)")
        } catch {
            throw .unreachable("\(error)")
        }
    }

    var isOpen: Bool { channel.isActive }

    /// Returns when the router has closed the connection, which is how the end of its process is noticed.
    func waitForClose() async {
        // A failed close counts as a close.
        try? await channel.closeFuture.get()
    }

    func close() {
        channel.close(promise: nil)
    }
}

extension RouterConnection {
    /// Ends the router that answers at a socket. Returns when the router has closed its connection; false at once if no
    /// router answers.
    static func shutDownRouter(at socket: String) async -> Bool {
        guard let connection = try? await open(path: socket) else { return false }
        // The reply may be cut off by the router's end, which the next line waits for.
        _ = try? await connection.send(.shutDown)
        await connection.waitForClose()
        return true
    }
}

/// Hands each line to the request that it answers: replies come in the order of the requests. Lives on its channel's
/// event loop.
private final class ReplyHandler: ChannelInboundHandler, @unchecked Sendable {
    // Unchecked: `waiting` is touched on the channel's event loop alone; `expect` is called there.
    typealias InboundIn = ByteBuffer
    private var waiting: Deque<EventLoopPromise<ByteBuffer>> = []
    private var isClosed = false

    func expect(_ promise: EventLoopPromise<ByteBuffer>) {
        waiting.append(promise)
        if isClosed { fail("the connection was closed") }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.popFirst()?.succeed(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        fail("it closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)")
        context.close(promise: nil)
    }

    private func fail(_ reason: String) {
        while let promise = waiting.popFirst() { promise.fail(RouterConnection.Failure.unreachable(reason)) }
    }
}

/// Cuts a stream of bytes into lines of bounded length.
private struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer
    let longest: Int

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes <= longest else {
                throw RouterConnection.Failure.unreadable("its line is longer than \(longest) bytes")
            }
            return .needMoreData
        }
        guard let line = buffer.readSlice(length: end - buffer.readerIndex) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(NIOAny(line))
        return .continue
    }
}
