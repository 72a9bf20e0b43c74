import Logging
import NIOCore
import NIOPosix
import RoostModel
import Synchronization

/// Serves the control socket, on an event loop without sessions: reading a long table must not delay their bytes.
///
/// The connections are plain handlers. A `NIOAsyncChannel` that was accepted and never served, because the server was
/// just closing, ends the process.
final class ControlServer: Sendable {
    /// Connections of roostd, of a new router, and of people who look around.
    private static let mostConnections = 16

    /// Closes a connection while it is being accepted.
    private struct Unwelcome: Error, CustomStringConvertible {
        let description = "too many open control connections"
    }

    private let listener: any Channel
    private let connections: Connections

    /// Serves on a listening Unix socket, and takes ownership of it.
    init(
        on socket: CInt, loop: any EventLoop, commands: AsyncStream<Command>.Continuation, logger: Logger
    ) async throws {
        let connections = Connections(most: Self.mostConnections)
        self.connections = connections
        listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw Unwelcome() }
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(LineDecoder(), maximumBufferSize: LineDecoder.longestLine),
                        ControlConnection(to: commands, logger: logger))
                }
            }
            .withBoundSocket(socket).get()
    }

    /// A copy of the listening socket, which the caller closes.
    func copySocket() async throws -> CInt { try await listener.copySocket() }

    /// Returns once the listener and all connections are closed.
    func close() async {
        for channel in [listener] + connections.close() {
            // Closing fails only if the channel is closed already.
            try? await channel.close()
        }
    }

    /// The open connections, up to a limit.
    private final class Connections: Sendable {
        private struct State {
            var open: [ObjectIdentifier: any Channel] = [:]
            var isClosed = false
        }

        private let most: Int
        private let state = Mutex(State())

        init(most: Int) { self.most = most }

        /// False if the connection is refused.
        func add(_ channel: any Channel) -> Bool {
            let id = ObjectIdentifier(channel)
            let isWelcome = state.withLock { state in
                guard !state.isClosed, state.open.count < most else { return false }
                state.open[id] = channel
                return true
            }
            if isWelcome {
                channel.closeFuture.whenComplete { _ in self.state.withLock { $0.open[id] = nil } }
            }
            return isWelcome
        }

        /// Refuses further connections, and returns the open ones.
        func close() -> [any Channel] {
            state.withLock { state in
                state.isClosed = true
                return Array(state.open.values)
            }
        }
    }
}
