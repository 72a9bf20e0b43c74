import Foundation
import NIOCore
import NIOPosix
import RoostModel
import RoostRouter
import Testing

/// A router in this process, in a home folder of its own.
struct TestRouter: Sendable {
    let home: String
    let control: TestControl

    var folder: RouterHome { RouterHome(home: home) }

    /// Runs a router while `body` runs; the router and its folder are gone afterwards.
    static func with(
        sessions: SessionMachine.Policy = .init(), _ body: (TestRouter) async throws -> Void
    ) async throws {
        try await TestHome.with { try await with(sessions: sessions, in: $0, body) }
    }

    /// Runs a router in a home that outlives the router, where it may replace another.
    static func with(
        sessions: SessionMachine.Policy = .init(), in home: TestHome, replacing predecessor: TestRouter? = nil,
        tick: Duration = .milliseconds(20), _ body: (TestRouter) async throws -> Void
    ) async throws {
        var configuration = RouterConfiguration(home: home.path, threads: 2, sessions: sessions)
        configuration.tick = tick
        let router = Router(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await router.run() }
            do {
                if let predecessor {
                    // The predecessor closes the connection: it is not in charge any more.
                    let last = try await predecessor.control.nextReply()
                    #expect(last == nil)
                }
                let control = try await TestControl.open(RouterHome(home: home.path).controlSocket)
                try await body(TestRouter(home: home.path, control: control))
            } catch {
                router.stop()
                throw error
            }
            router.stop()
            try await group.waitForAll()
        }
    }

    /// Applies the routes as the next revision and fails on a refusal.
    func serve(_ routes: [Route], revision: UInt64) async throws {
        let reply = try await control.ask(.apply(RoutingTable(revision: revision, routes: routes)))
        if let refusal = reply.refusal { throw TestFailure(refusal) }
    }

    func status(of route: String) async throws -> RouteStatus {
        let reply = try await control.ask(.status)
        guard let status = reply.routes.first(where: { $0.name == route }) else { throw TestFailure("no \(route)") }
        return status
    }

    /// Polls until a route's status is as described; the router sends no events.
    func wait(for route: String, until condition: @Sendable (RouteStatus) -> Bool) async throws {
        while !condition(try await status(of: route)) { try await Task.sleep(for: .milliseconds(2)) }
    }
}

struct TestFailure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A folder for a router, removed in the end.
struct TestHome: Sendable {
    let path: String

    static func with(_ body: (TestHome) async throws -> Void) async throws {
        let home = TestHome(path: "\(NSTemporaryDirectory())roost-router-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(atPath: home.path, withIntermediateDirectories: false)
        do {
            try await body(home)
        } catch {
            try FileManager.default.removeItem(atPath: home.path)
            throw error
        }
        try FileManager.default.removeItem(atPath: home.path)
    }
}

/// A connection to a router's control socket, as roostd has one.
struct TestControl: Sendable {
    private let channel: any Channel
    private let replies: Replies

    /// Waits for a router that is still starting, or still taking over.
    static func open(_ path: String) async throws -> TestControl {
        for _ in 0..<2000 {
            if let control = try? await connect(path), (try? await control.ask(.status)) != nil { return control }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TestFailure("no router at \(path)")
    }

    /// Makes one attempt and sends nothing.
    static func connect(_ path: String) async throws -> TestControl {
        let replies = Replies()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(replies) }
            }
            .connect(unixDomainSocketPath: path).get()
        return TestControl(channel: channel, replies: replies)
    }

    func ask(_ request: RouterRequest) async throws -> RouterReply {
        guard let reply = try await send(try JSON.encode(request)) else { throw TestFailure("it closed") }
        return reply
    }

    /// Sends a line as it is. Nil if the router closed the connection without a reply.
    func send(_ line: Data) async throws -> RouterReply? {
        var bytes = ByteBuffer(bytes: line)
        bytes.writeString("\n")
        // A router that has read enough closes while the test still writes: the router's reply counts.
        try? await channel.writeAndFlush(bytes)
        return try await nextReply()
    }

    func nextReply() async throws -> RouterReply? {
        let line = try await replies.next(on: channel.eventLoop)
        return try line.map { try JSON.decode(RouterReply.self, from: Data($0.utf8)) }
    }

    func close() async throws { try await channel.close() }

    /// Collects reply lines. Unchecked: all of it runs on the channel's event loop.
    private final class Replies: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        private var text = ByteBuffer()
        private var hasEnded = false
        private var waiter: EventLoopPromise<String?>?

        func next(on loop: any EventLoop) async throws -> String? {
            let promise = loop.makePromise(of: String?.self)
            loop.execute {
                self.waiter = promise
                self.answer()
            }
            return try await promise.futureResult.get()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text.writeImmutableBuffer(unwrapInboundIn(data))
            answer()
        }

        func channelInactive(context: ChannelHandlerContext) {
            hasEnded = true
            answer()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func answer() {
            guard let waiter else { return }
            if let end = text.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = text.readString(length: end - text.readerIndex)
                text.moveReaderIndex(forwardBy: 1)
                self.waiter = nil
                waiter.succeed(line)
            } else if hasEnded {
                self.waiter = nil
                waiter.succeed(nil)
            }
        }
    }
}

extension SessionMachine.Policy {
    /// A router with a short wait, for tests of the end of the wait.
    static func impatient(_ patience: Duration, room: Int = 512) -> Self {
        var policy = Self()
        policy.patience = patience
        policy.waitingRoom = room
        return policy
    }
}

extension Route {
    static func sample(
        _ name: String = "ramen/data", wire: String = "plain", port: PortNumber, to backend: PortNumber,
        others: [(port: PortNumber, weight: Int)] = [], gate: Gate = .open, epoch: UInt64 = 1,
        reach: Reach = .loopback, purpose: Purpose = .primary
    ) -> Route {
        Route(
            name: name, purpose: purpose, wire: wire, reach: reach, port: port,
            backend: Backend(host: "127.0.0.1", port: backend),
            others: others.map { .init(Backend(host: "127.0.0.1", port: $0.port), weight: $0.weight) }, gate: gate,
            epoch: epoch)
    }
}
