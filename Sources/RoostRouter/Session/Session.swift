import Logging
import NIOCore
import NIOPosix
import RoostModel

/// A client's connection: carries out the decisions of its `SessionMachine`. The client's and the server's connection
/// run on the same event loop, so that no part of a session is shared between threads.
final class Session {
    private let route: LiveRoute
    private let loop: any EventLoop
    let outbox: Outbox
    private let logger: Logger
    private var machine: SessionMachine?
    private var pass: LiveRoute.Pass?
    private var acceptedAt = NIODeadline.now()
    private var client: RelayEnd?
    private var server: RelayEnd?
    private var timer: Scheduled<Void>?
    /// Bytes of a client that sent them and closed its output before there was a server.
    private var early = ByteBuffer()
    private var clientInputEnded = false
    /// The dialogue with a client that is refused.
    private var farewell: PostgreSQLFarewell?
    /// The server's first bytes, to be sent to the client.
    private var greeting = ByteBuffer()

    /// Makes a session for an accepted channel.
    static func accept(_ channel: any Channel, for route: LiveRoute, logger: Logger) throws {
        let session = Session(route: route, on: channel.eventLoop, logger: logger)
        let client = RelayEnd(.client, of: session)
        session.client = client
        try channel.pipeline.syncOperations.addHandler(client)
    }

    private init(route: LiveRoute, on loop: any EventLoop, logger: Logger) {
        self.route = route
        self.loop = loop
        outbox = Outbox.of(loop)
        self.logger = logger
    }

    // MARK: From the ends

    /// Called when the client's channel is active.
    func start(_ channel: any Channel) {
        acceptedAt = .now()
        switch route.admit(channel) {
        case .admitted(let pass):
            self.pass = pass
            machine = SessionMachine(wire: pass.wire, policy: route.policy, view: pass.view)
            handle(.accepted)
        case .refused(let refusal, let wire): refuse(refusal, by: wire)
        }
    }

    func handle(_ event: SessionMachine.Event) {
        guard var machine, let pass else { return }
        let wasWaiting = machine.isWaiting
        let waiting = route.waiting - (wasWaiting ? 1 : 0)
        let elapsed = Duration.nanoseconds((NIODeadline.now() - acceptedAt).nanoseconds)
        let actions = route.withLoad { machine.handle(event, elapsed: elapsed, waiting: waiting, load: &$0) }
        self.machine = machine
        if machine.isWaiting != wasWaiting { route.noteWaiting(machine.isWaiting) }
        for action in actions { perform(action, wire: pass.wire) }
    }

    func received(_ bytes: ByteBuffer, at side: RelayEnd.Side) {
        switch side {
        case .client where farewell != nil: sayFarewell(to: bytes)
        case .client: early.writeImmutableBuffer(bytes)
        case .server:
            greeting.writeImmutableBuffer(bytes)
            handle(.serverSpoke)
        }
    }

    func inputEnded(at side: RelayEnd.Side) {
        switch side {
        case .client:
            clientInputEnded = true
            if farewell != nil { client?.close() }
            // Where the server speaks first, a client that ends before it was greeted has given up.
            if pass?.wire.serverSpeaksFirst ?? true { handle(.clientClosed) }
        case .server: handle(.serverClosed)
        }
    }

    func closed(_ end: RelayEnd) {
        switch end.side {
        case .client:
            handle(.clientClosed)
            timer?.cancel()
            client = nil
        case .server:
            handle(.serverClosed)
            server = nil
        }
        guard client == nil, server == nil, let pass else { return }
        route.leave(pass)
        self.pass = nil
    }

    func noticed(_ error: any Error, at side: RelayEnd.Side) {
        logger.debug("A connection failed", metadata: ["end": "\(side)", "reason": "\(error)"])
    }

    // MARK: Actions

    private func perform(_ action: SessionMachine.Action, wire: Wire) {
        switch action {
        case .connect(let backend, let limit): connect(to: backend, within: limit)
        case .dropServer:
            server?.abandon()
            server = nil
            greeting.clear()
        case .wake(let pause):
            timer?.cancel()
            timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { self.handle(.woken) }
        case .sleep:
            timer?.cancel()
            timer = nil
        case .relay: relay()
        case .refuse(let refusal): refuse(refusal, by: wire)
        case .close:
            server?.close()
            client?.close()
        }
    }

    private func relay() {
        guard let client, let server else { return }
        client.join(server)
        if greeting.readableBytes > 0 { client.write(greeting) }
        if early.readableBytes > 0 { server.write(early) }
        if clientInputEnded { server.finish(.output) }
        greeting = ByteBuffer()
        early = ByteBuffer()
    }

    private func refuse(_ refusal: Refusal, by wire: Wire) {
        route.noteRefusal()
        logger.debug("A connection was refused", metadata: ["reason": "\(refusal.message(of: route.name))"])
        // A client that was not admitted does not count as a session, so it must not take time for a dialogue.
        if pass != nil, let farewell = wire.farewell(refusal, of: route.name) {
            self.farewell = farewell
            timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(route.policy.farewellPatience)) {
                self.client?.close()
            }
            return sayFarewell(to: early)
        }
        if let packet = wire.refusal(refusal, of: route.name) { client?.write(packet) }
        client?.finish(.all)
    }

    private func sayFarewell(to bytes: ByteBuffer) {
        switch farewell?.hear(bytes) {
        case .listen(let reply):
            if let reply { client?.write(reply) }
            client?.listen()
        case .end(let last):
            farewell = nil
            if let last { client?.write(last) }
            client?.finish(.all)
        case nil: break
        }
    }

    private func connect(to backend: Route.Backend, within limit: Duration) {
        let end = RelayEnd(.server, of: self)
        server = end
        let boundEnd = NIOLoopBound(end, eventLoop: loop)
        let address: SocketAddress
        do {
            address = try SocketAddress(ipAddress: backend.host, port: backend.port.number)
        } catch {
            return attempted(end, .failure(error))
        }
        ClientBootstrap(group: loop)
            .tuned()
            .connectTimeout(TimeAmount(limit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(boundEnd.value)
                }
            }
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { self.attempted(end, $0) }
    }

    private func attempted(_ end: RelayEnd, _ result: Result<any Channel, any Error>) {
        // An abandoned attempt has closed its channel already.
        guard server === end else { return }
        switch result {
        case .success: handle(.connected)
        case .failure(let error):
            server = nil
            logger.trace("An attempt to connect failed", metadata: ["reason": "\(error)"])
            handle(.connectFailed)
        }
    }
}
