import Foundation
import Logging
import NIOCore
import NIOPosix
import RoostModel

/// A peer of the control socket, which sends request lines and gets a reply line for each. An invalid request is
/// refused and the connection closed. Runs on its channel's event loop.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The use of the router's next answer.
    enum Purpose {
        case reply
        /// The answer is the router's state along with the refusal; then the connection is closed.
        case refusal(String)
        case shutDown
        case offer
        case handOver
    }

    enum State {
        /// Waits for a request.
        case idle
        /// Waits for the router. Lines that arrive meanwhile wait, too.
        case asking(Purpose)
        /// The peer has the sockets and must confirm before the deadline.
        case offered(until: Scheduled<Void>)
        case closing
    }

    private let commands: AsyncStream<Command>.Continuation
    let logger: Logger
    var state = State.idle
    private(set) var context: ChannelHandlerContext?
    /// Bounded by the size of one read.
    private var lines = CircularBuffer<ByteBuffer>()

    init(to commands: AsyncStream<Command>.Continuation, logger: Logger) {
        self.commands = commands
        self.logger = logger
    }

    // MARK: The channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.append(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        goOn()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if case .offered = state { withdraw() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is ByteToMessageDecoderError.PayloadTooLargeError:
            refuse("a request is at most \(LineDecoder.longestLine) bytes long")
        case ByteToMessageDecoderError.dataReceivedInErrorState: break  // The rest of that line.
        default:
            logger.debug("A control connection failed", metadata: ["reason": "\(error)"])
            context.close(promise: nil)
        }
    }

    // MARK: Requests

    /// Handles the next line, or reads if there is none.
    func goOn() {
        switch state {
        case .idle:
            guard let line = lines.popFirst() else { return read() }
            take(line)
        case .offered(let deadline):
            guard let line = lines.popFirst() else { return read() }
            deadline.cancel()
            confirm(line)
        case .asking: break
        case .closing:
            lines.removeAll()
            read()
        }
    }

    private func read() {
        context?.read()
    }

    private func take(_ line: ByteBuffer) {
        let request: RouterRequest
        do {
            request = try JSON.decode(RouterRequest.self, from: Data(line.readableBytesView))
        } catch {
            return refuse("not a request: \(error)")
        }
        switch request {
        case .apply, .change, .status: ask(.request(request), for: .reply)
        case .shutDown: ask(.request(request), for: .shutDown)
        case .takeOver: ask(.offer, for: .offer)
        }
    }

    func refuse(_ reason: String) {
        logger.warning("A message on the control socket was refused", metadata: ["reason": "\(reason)"])
        ask(.request(.status), for: .refusal(reason))
    }

    /// Sends a question to the router, which calls `answered` with the answer.
    func ask(_ question: Call.Question, for purpose: Purpose) {
        guard let loop = context?.eventLoop else { return }
        state = .asking(purpose)
        let connection = NIOLoopBound(self, eventLoop: loop)
        tell(.call(Call(question) { answer in loop.execute { connection.value.answered(answer) } }))
    }

    func tell(_ command: Command) {
        commands.yield(command)
    }

    private func answered(_ answer: Call.Answer?) {
        guard case .asking(let purpose) = state else { return }
        guard let answer else { return close() }
        switch purpose {
        case .reply:
            write(answer.reply)
            state = .idle
            goOn()
        case .refusal(let reason):
            write(answer.reply.refusing(reason)) { self.hangUp() }
        case .shutDown:
            write(answer.reply) { self.tell(.stop) }
        case .offer: offer(answer)
        case .handOver:
            // The peer is in charge, whether or not it still receives this answer.
            write(answer.reply) { self.tell(.handedOver) }
        }
    }

    /// Calls `then` once the line is with the kernel, or lost with the connection.
    func write(_ value: some Encodable, then: (() -> Void)? = nil) {
        guard let context else {
            then?()
            return
        }
        var line = ByteBuffer()
        do {
            line.writeBytes(try JSON.encode(value))
        } catch {
            logger.error("A reply could not be written", metadata: ["reason": "\(error)"])
        }
        line.writeInteger(UInt8(ascii: "\n"))
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(line), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in then?() }
    }

    func close() {
        state = .closing
        context?.close(promise: nil)
    }

    /// Ends the output, and discards the peer's input for a moment: if its own writing failed first, the peer would
    /// not see the refusal.
    private func hangUp() {
        guard let context else { return }
        state = .closing
        context.close(mode: .output, promise: nil)
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.context?.close(promise: nil) }
        goOn()
    }
}

extension RouterReply {
    fileprivate func refusing(_ reason: String) -> RouterReply {
        RouterReply(
            pid: pid, version: version, revision: revision, refusal: reason, routes: routes,
            protocolVersion: protocolVersion, refusals: refusals)
    }
}
