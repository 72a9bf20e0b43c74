import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RoostAgentProtocol
import RoostModel
import Testing

@testable import RoostAgent

/// The agent's connection to the router, against a control socket that answers each line with a status.
@Suite struct RouterLinkTests {
    @Test func oneConnectionIsHeldAndTheNewestCounts() async throws {
        try await withRouter { link, router in
            let first = try await link.reach("a")
            #expect(first.reply == FakeRouter.reply && first.started == nil)
            #expect(try await link.reach("a").reply == FakeRouter.reply)
            #expect(router.accepted == 1, "asked again for the same connection")
            let end = Task { await link.follow("a") }
            _ = try await link.reach("b")
            await end.value
            #expect(router.accepted == 2)
            #expect(try await link.send(.status, over: "b") == FakeRouter.reply)
            await #expect(throws: Problem.self) { try await link.send(.status, over: "a") }
        }
    }

    @Test func theEndOfTheRouterEndsTheConnection() async throws {
        try await withRouter { link, router in
            _ = try await link.reach("a")
            let end = Task { await link.follow("a") }
            try await router.stop()
            await end.value
            await #expect(throws: Problem.self) { try await link.send(.status, over: "a") }
        }
    }

    @Test func aFollowerThatIsCancelledClosesTheConnection() async throws {
        try await withRouter { link, _ in
            _ = try await link.reach("a")
            let end = Task { await link.follow("a") }
            end.cancel()
            await end.value
            await #expect(throws: Problem.self) { try await link.send(.status, over: "a") }
        }
    }

    private func withRouter(_ body: (RouterLink, FakeRouter) async throws -> Void) async throws {
        let home = "/tmp/roost-link-\(UUID().uuidString.prefix(8))"
        let paths = HomePaths(home: home)
        try FileManager.default.createDirectory(atPath: paths.router, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }  // A folder that is left is seen by its name.
        let router = try await FakeRouter.listen(at: paths.routerSocket)
        let process = RouterProcess(paths: paths, program: "/nonexistent", logger: Logger(label: "test"))
        do {
            try await body(RouterLink(process: process), router)
        } catch {
            try? await router.stop()  // The first error is the one to report.
            throw error
        }
        try? await router.stop()  // It may have been stopped by the test.
    }
}

/// Answers every line on a Unix socket with one status.
private final class FakeRouter: Sendable {
    static let reply = RouterReply(pid: 7, version: "test", revision: 3, refusal: nil, routes: [])

    private let listener: any Channel
    private let connections: NIOLockedValueBox<[any Channel]>

    private init(_ listener: any Channel, _ connections: NIOLockedValueBox<[any Channel]>) {
        self.listener = listener
        self.connections = connections
    }

    var accepted: Int { connections.withLockedValue { $0.count } }

    static func listen(at path: String) async throws -> FakeRouter {
        let connections = NIOLockedValueBox<[any Channel]>([])
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                connections.withLockedValue { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answer())
                }
            }
            .bind(unixDomainSocketPath: path).get()
        return FakeRouter(listener, connections)
    }

    func stop() async throws {
        // A connection that is closed already has no other end.
        for channel in connections.withLockedValue({ $0 }) { try? await channel.close() }
        try await listener.close()
    }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            // Requests are short: each arrives in one piece.
            guard let line = try? JSON.encode(FakeRouter.reply) else { return context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: line + Data("\n".utf8))), promise: nil)
        }
    }
}
