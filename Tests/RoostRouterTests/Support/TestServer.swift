import NIOCore
import NIOPosix
import RoostModel
import Testing

typealias TestConnection = NIOAsyncChannel<ByteBuffer, ByteBuffer>
typealias TestInput = NIOAsyncChannelInboundStream<ByteBuffer>

/// The output of a connection. Unlike `NIOAsyncChannelOutboundWriter` it waits for the kernel to take the bytes, so
/// that it feels the other side's back-pressure and a close afterwards loses nothing.
struct TestOutput: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Ends the output; the input goes on.
    func finish() async throws { try await channel.close(mode: .output) }
}

extension NIOAsyncChannel where Inbound == ByteBuffer, Outbound == ByteBuffer {
    func converse<Result: Sendable>(_ body: (TestInput, TestOutput) async throws -> Result) async throws -> Result {
        try await executeThenClose { input, _ in try await body(input, TestOutput(channel)) }
    }
}

/// A database server's stand-in on a loopback port.
enum TestServer {
    typealias Serve = @Sendable (TestInput, TestOutput) async throws -> Void

    /// Sends back the bytes that it receives, and ends when the client does.
    static let echo: Serve = { input, output in
        for try await bytes in input { try await output.write(bytes) }
        try await output.finish()
    }

    /// Speaks first, as MySQL does, then echoes.
    static func greeting(_ text: String) -> Serve {
        { input, output in
            try await output.write(ByteBuffer(string: text))
            try await echo(input, output)
        }
    }

    /// Runs a server while `body` runs, and ends its connections with it.
    static func with(
        _ serve: @escaping Serve, on port: PortNumber = FreePort.take(),
        _ body: (PortNumber) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: port.number) { channel in
                channel.eventLoop.makeCompletedFuture { try TestConnection.halfClosing(channel) }
            }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { sessions in
                    // The listener ends when the group is cancelled below.
                    try? await listener.executeThenClose { connections in
                        for try await connection in connections {
                            sessions.addTask {
                                // Many tests have a client that goes away in the middle.
                                try? await connection.converse(serve)
                            }
                        }
                    }
                    sessions.cancelAll()
                }
            }
            defer { group.cancelAll() }
            try await body(port)
        }
    }
}

/// A client's connection to the router.
enum TestClient {
    /// Connects. With a small `receiveBuffer` the other side soon cannot send more than is read here.
    static func connect(
        to port: PortNumber, host: String = "127.0.0.1", receiveBuffer: Int? = nil
    ) async throws -> TestConnection {
        var bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        return
            try await bootstrap
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: host, port: port.number) { channel in
                channel.eventLoop.makeCompletedFuture { try TestConnection.halfClosing(channel) }
            }
    }

    /// Sends `text`, ends its output and returns all bytes that come back until the other side ends.
    static func exchange(_ text: String, with port: PortNumber) async throws -> String {
        try await connect(to: port).converse { input, output in
            try await output.write(ByteBuffer(string: text))
            try await output.finish()
            return String(buffer: try await input.collect())
        }
    }

    static func expect(
        _ answer: String, for text: String, at port: PortNumber, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let got = try await exchange(text, with: port)
        #expect(got == answer, sourceLocation: sourceLocation)
    }

    /// Sends nothing and returns all bytes that come until the other side ends.
    static func listen(to port: PortNumber) async throws -> ByteBuffer {
        try await connect(to: port).converse { input, _ in try await input.collect() }
    }
}

extension NIOAsyncChannel where Inbound == ByteBuffer, Outbound == ByteBuffer {
    static func halfClosing(_ channel: any Channel) throws -> NIOAsyncChannel {
        try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}

extension NIOAsyncChannelInboundStream where Inbound == ByteBuffer {
    /// Reads all bytes up to the end. A reset counts as an end.
    func collect() async throws -> ByteBuffer {
        var all = ByteBuffer()
        do {
            for try await piece in self { all.writeImmutableBuffer(piece) }
        } catch is IOError {
        }
        return all
    }
}

/// Reads the bytes that a connection is expected to bring.
struct Reader {
    private var pieces: TestInput.AsyncIterator
    private var left = ByteBuffer()

    init(_ input: TestInput) { pieces = input.makeAsyncIterator() }

    /// Waits for as many bytes as `text` has.
    mutating func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let got = try await read(text.utf8.count)
        #expect(got == text, sourceLocation: sourceLocation)
    }

    /// Waits for a text of this length. Shorter if the other side ends first: empty.
    mutating func text(_ length: Int) async throws -> String { try await read(length) ?? "" }

    /// Waits until the other side has ended, by an end or by a reset.
    mutating func expectEnd(sourceLocation: SourceLocation = #_sourceLocation) async {
        let more: String?
        do { more = try await read(1) } catch { return }
        #expect(more == nil, sourceLocation: sourceLocation)
    }

    /// Reads all bytes until the other side ends.
    mutating func rest() async throws -> ByteBuffer {
        while let piece = try await pieces.next(isolation: #isolation) { left.writeImmutableBuffer(piece) }
        return left
    }

    /// Nil when the other side ends first.
    private mutating func read(_ length: Int) async throws -> String? {
        while left.readableBytes < length {
            guard let piece = try await pieces.next(isolation: #isolation) else { return nil }
            left.writeImmutableBuffer(piece)
        }
        return left.readString(length: length)
    }
}
