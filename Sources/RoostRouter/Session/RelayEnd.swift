import CHost
import NIOCore

/// An end of a session: the client's channel or the server's. Once two ends are joined, each end writes the bytes
/// that the other reads, and reads only while the other can take more. Runs on its channel's event loop.
///
/// Every byte takes this path: one read and one send a message, no task, no allocation. The channels do not read by
/// themselves (`autoRead` is off); each read is requested.
final class RelayEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Side: Sendable { case client, server }

    private enum Link {
        /// Not joined yet: the session receives the bytes.
        case session(Session)
        case joined(RelayEnd)
        /// The other end is gone, or this end was closed.
        case none
    }

    /// Time that an end stays half open after the server has sent its last bytes. Database clients close as soon as
    /// they notice; a client that does not would hold its place for ever.
    private static let linger: TimeAmount = .seconds(60)

    let side: Side
    private var link: Link
    /// Notified when this end is closed. Nil after the notification.
    private var session: Session?
    private var context: ChannelHandlerContext?
    /// The channel's descriptor while it is active, else -1.
    private var socket: CInt = -1
    /// Bytes to send at the end of this round of events.
    private var held: ByteBuffer?
    private let outbox: Outbox
    /// Number of writes that the socket could not take at once and that wait in the channel.
    private var queued = 0
    /// Timer that ends the half-open state.
    private var lingering: Scheduled<Void>?
    /// Whether a read was put off because the other end could not take more.
    private var readIsDue = false

    init(_ side: Side, of session: Session) {
        self.side = side
        self.session = session
        outbox = session.outbox
        link = .session(session)
    }

    // MARK: For the session

    /// Joins two ends: from now on each end reads for the other.
    func join(_ other: RelayEnd) {
        link = .joined(other)
        other.link = .joined(self)
        openShortcut()
        other.openShortcut()
        readOn()
        other.readOn()
    }

    /// Reads once, for the session.
    func listen() { context?.read() }

    /// Sends at the end of this round of events; see `Outbox`.
    func write(_ bytes: ByteBuffer) {
        if held != nil { flush() }
        held = bytes
        outbox.add(self)
    }

    /// Sends the held bytes directly, bypassing the channel's pipeline and queue, which cost more than the rest of
    /// the path together. Bytes that the socket does not take go through the queue, and so do all later bytes until
    /// the queue is empty.
    func flush() {
        guard let bytes = held else { return }
        held = nil
        guard queued == 0, socket >= 0 else { return enqueue(bytes) }
        let sent = bytes.withUnsafeReadableBytes { chost_send_now(socket, $0.baseAddress, $0.count) }
        // The channel meets an error again, and reports it.
        if sent < bytes.readableBytes { enqueue(sent > 0 ? bytes.dropping(sent) : bytes) }
    }

    /// Closes once all earlier writes are with the kernel. `.output` leaves the other direction open.
    func finish(_ mode: CloseMode) {
        flush()
        guard let context else { return }
        // Closing a channel whose input has ended drops pending writes: so wait until they are written.
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.context?.close(mode: mode, promise: nil)
            if mode == .output && self.side == .client { self.closeLater() }
        }
    }

    /// Closes at once. The session gets no more events of this end.
    func abandon() {
        session = nil
        close()
    }

    /// Closes at once, and the session is notified.
    func close() {
        held = nil
        unlink()
        context?.close(promise: nil)
    }

    // MARK: The channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = nil
        lingering?.cancel()
        unlink()
        session = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        switch side {
        case .client: session?.start(context.channel)
        // Read the greeting, or, on a wire without a greeting, the first answer.
        case .server: context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch link {
        case .joined(let other): other.write(unwrapInboundIn(data))
        case .session(let session): session.received(unwrapInboundIn(data), at: side)
        case .none: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readOn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            switch link {
            case .joined(let other): other.finish(.output)
            case .session(let session): session.inputEnded(at: side)
            case .none: break
            }
        case let event as SessionMachine.Event: session?.handle(event)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .joined(let other) = link { other.finish(.all) }
        unlink()
        session?.closed(self)
        session = nil
    }

    /// The channel closes itself after an error, and `channelInactive` follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session?.noticed(error, at: side)
    }

    // MARK: Private

    private func readOn() {
        guard case .joined(let other) = link else { return }
        if other.queued == 0 { context?.read() } else { readIsDue = true }
    }

    private func enqueue(_ bytes: ByteBuffer) {
        guard let context else { return }
        queued += 1
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.queued -= 1
            guard self.queued == 0, case .joined(let other) = self.link, other.readIsDue else { return }
            other.readIsDue = false
            other.context?.read()
        }
    }

    private func openShortcut() {
        // Without a socket, as in a test's channel, all bytes take the channel's queue.
        socket =
            (try? context?.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 })
            ?? -1
    }

    private func unlink() {
        if case .joined(let other) = link { other.link = .none }
        link = .none
        socket = -1
    }

    private func closeLater() {
        guard let context, lingering == nil else { return }
        lingering = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) {
            self.context?.close(promise: nil)
        }
    }
}

extension ByteBuffer {
    /// The buffer without its first `count` bytes.
    fileprivate func dropping(_ count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: count)
        return rest
    }
}
