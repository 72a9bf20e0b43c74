import Foundation
import NIOCore
import RoostModel
import RoostRouter
import Synchronization
import Testing

/// Bytes relayed through a route.
@Suite(.timeLimit(.minutes(1))) struct RelayTests {
    /// Runs a server, and a router with one route to it.
    private func withRoute(
        wire: String = "plain", to serve: @escaping TestServer.Serve,
        _ body: (PortNumber, TestRouter) async throws -> Void
    ) async throws {
        try await TestServer.with(serve) { backend in
            try await TestRouter.with { router in
                let port = FreePort.take()
                try await router.serve([.sample(wire: wire, port: port, to: backend)], revision: 1)
                try await body(port, router)
            }
        }
    }

    @Test func carriesALotBothWaysIntact() async throws {
        try await withRoute(to: TestServer.echo) { port, _ in
            let pattern = Pattern()
            let size = 64 << 20
            try await TestClient.connect(to: port).converse { input, output in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for position in stride(from: 0, to: size, by: 1 << 20) {
                            try await output.write(pattern.bytes(at: position, count: 1 << 20))
                        }
                        try await output.finish()
                    }
                    var position = 0
                    for try await piece in input {
                        #expect(pattern.matches(piece, at: position))
                        position += piece.readableBytes
                    }
                    #expect(position == size)
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func passesTheEndOfTheClientsOutputAndTheAnswerAfterIt() async throws {
        let summing: TestServer.Serve = { input, output in
            var count = 0
            for try await piece in input { count += piece.readableBytes }
            try await output.write(ByteBuffer(string: "\(count) bytes"))
        }
        try await withRoute(to: summing) { port, _ in
            try await TestClient.expect("5 bytes", for: "five!", at: port)
        }
    }

    @Test func passesTheEndOfTheServersOutputAndWhatTheClientSaysAfterIt() async throws {
        let (heard, hearing) = AsyncStream.makeStream(of: String.self)
        let farewell: TestServer.Serve = { input, output in
            try await output.write(ByteBuffer(string: "bye"))
            try await output.finish()
            hearing.yield(String(buffer: try await input.collect()))
        }
        try await withRoute(to: farewell) { port, _ in
            try await TestClient.connect(to: port).converse { input, output in
                #expect(String(buffer: try await input.collect()) == "bye")
                try await output.write(ByteBuffer(string: "and thanks"))
                try await output.finish()
                #expect(await heard.first { _ in true } == "and thanks")
            }
        }
    }

    /// Closing a channel whose input has ended discards unwritten bytes. The relay must not close that way.
    @Test func losesNothingForASlowClientThatHasEndedItsOutput() async throws {
        let size = 4 << 20
        let pattern = Pattern()
        let dump: TestServer.Serve = { input, output in
            _ = try await input.collect()
            for position in stride(from: 0, to: size, by: 1 << 20) {
                try await output.write(pattern.bytes(at: position, count: 1 << 20))
            }
        }
        try await withRoute(to: dump) { port, _ in
            try await TestClient.connect(to: port, receiveBuffer: 4096).converse { input, output in
                try await output.finish()
                var position = 0
                for try await piece in input {
                    #expect(pattern.matches(piece, at: position))
                    position += piece.readableBytes
                }
                #expect(position == size)
            }
        }
    }

    @Test func stopsReadingFromTheServerWhileTheClientDoesNotRead() async throws {
        let size = 128 << 20
        let sent = Mutex(0)
        let flood: TestServer.Serve = { _, output in
            let piece = ByteBuffer(repeating: 7, count: 1 << 16)
            while sent.withLock({ $0 }) < size {
                try await output.write(piece)
                sent.withLock { $0 += 1 << 16 }
            }
        }
        try await withRoute(to: flood) { port, _ in
            try await TestClient.connect(to: port).converse { input, _ in
                // Waits until the server has sent all, as it would if the router took all, or has been stopped.
                var previous = -1
                while case let now = sent.withLock({ $0 }), now < size, now == 0 || now != previous {
                    previous = now
                    try await Task.sleep(for: .milliseconds(250))
                }
                // The kernel's buffers on the way take this much, and little more.
                #expect(sent.withLock { $0 } < size / 2)
                let received = try await input.reduce(0) { $0 + $1.readableBytes }
                #expect(received == size)
            }
        }
    }

    @Test func carriesManyConnectionsAtATime() async throws {
        try await withRoute(wire: "mysql", to: TestServer.greeting("hello")) { port, router in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        try await TestClient.connect(to: port).converse { input, output in
                            var reader = Reader(input)
                            try await reader.expect("hello")
                            try await output.write(ByteBuffer(string: "I am number \(number)"))
                            try await reader.expect("I am number \(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await router.wait(for: "ramen/data") { $0.openConnections == 0 }
            let status = try await router.status(of: "ramen/data")
            #expect(status.totalConnections == 500)
            #expect(status.refusedConnections == 0)
        }
    }

    @Test func endsTheServersConnectionWhenTheClientGoesAway() async throws {
        let (ended, ending) = AsyncStream.makeStream(of: Void.self)
        let waiting: TestServer.Serve = { input, output in
            try await output.write(ByteBuffer(string: "hello"))
            _ = try await input.collect()
            ending.yield()
        }
        try await withRoute(to: waiting) { port, router in
            try await TestClient.connect(to: port).converse { input, _ in
                var reader = Reader(input)
                try await reader.expect("hello")
                #expect(try await router.status(of: "ramen/data").openConnections == 1)
            }
            #expect(await ended.first { true } != nil)
            try await router.wait(for: "ramen/data") { $0.openConnections == 0 }
        }
    }

    @Test func servesOnIPv6LoopbackToo() async throws {
        try await withRoute(to: TestServer.echo) { port, _ in
            let connection = try await TestClient.connect(to: port, host: "::1")
            try await connection.converse { input, output in
                try await output.write(ByteBuffer(string: "six"))
                try await output.finish()
                #expect(String(buffer: try await input.collect()) == "six")
            }
        }
    }
}

/// Bytes that show their position: a random block, of a length that is no power of two, repeated.
struct Pattern: Sendable {
    private static let period = 65_521
    private let block: [UInt8]

    init() {
        var generator = SystemRandomNumberGenerator()
        let once = (0..<Self.period).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        block = Array(repeating: once, count: 18).flatMap { $0 }
    }

    func bytes(at position: Int, count: Int) -> ByteBuffer {
        let start = position % Self.period
        return ByteBuffer(bytes: block[start..<start + count])
    }

    func matches(_ piece: ByteBuffer, at position: Int) -> Bool {
        let start = position % Self.period
        return piece.withUnsafeReadableBytes { bytes in
            block.withUnsafeBytes { expected in
                guard let got = bytes.baseAddress, let want = expected.baseAddress else { return bytes.isEmpty }
                return start + bytes.count <= expected.count && memcmp(got, want + start, bytes.count) == 0
            }
        }
    }
}
