import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostAgentProtocol

private struct Send: AgentUpload, Equatable {
    typealias Receipt = Int
    static let name = "send"
    static let subject = "the file"
}

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    private func agent(
        isDoubling: Bool = false,
        _ keep: @escaping @Sendable (@escaping @Sendable () async throws -> Data?) async throws -> Int
    ) -> PlainAgent {
        let board = UploadBoard()
        return PlainAgent(isDoubling: isDoubling) { calls in
            calls.onUploads(of: board)
            calls.on(upload: Send.self, at: board) { _, next in try await keep(next) }
        }
    }

    /// Gives the pieces one after the other, and counts the pieces that were asked for.
    private final class Source: Sendable {
        private let left: Mutex<[Data]>
        let given = Counter()

        init(_ pieces: [Data]) { left = Mutex(pieces) }

        func next() -> Data? {
            let piece = left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if piece != nil { given.count() }
            return piece
        }
    }

    @Test(arguments: [false, true]) func whatIsSentArrivesOnceAndInOrder(isDoubling: Bool) async throws {
        let pieces =
            (0..<50).map { Data(repeating: UInt8($0), count: 100 + $0) } + [
                // The data is larger than a piece may be.
                Data(repeating: 9, count: SendPiece.largest * 2 + 1)
            ]
        let source = Source(pieces)
        let kept = Mutex(Data())
        let size = try await agent(isDoubling: isDoubling) { next in
            while let piece = try await next() {
                #expect(piece.count <= SendPiece.largest)
                kept.withLock { $0.append(piece) }
            }
            return kept.withLock { $0.count }
        }.send(Send()) { source.next() }
        #expect(kept.withLock { $0 } == pieces.reduce(Data(), +) && size == pieces.reduce(0) { $0 + $1.count })
    }

    /// A slow reader is not overrun: no more is asked for than it has room for.
    @Test func theSenderWaitsForTheReader() async throws {
        let source = Source((0..<20).map { Data([UInt8($0)]) })
        let most = Mutex(0)
        _ = try await agent { next in
            var taken = 0
            while try await next() != nil {
                taken += 1
                for _ in 0..<50 { await Task.yield() }
                // The reader holds one piece, one is on its way, and the sender has one in its hand.
                let ahead = source.given.value - taken
                most.withLock { $0 = max($0, ahead) }
            }
            return taken
        }.send(Send()) { source.next() }
        #expect(most.withLock { $0 } <= 3, "\(most.withLock { $0 }) pieces ahead")
    }

    @Test func aRefusalEndsTheSending() async throws {
        let source = Source((0..<1000).map { _ in Data([1]) })
        let agent = agent { next in
            _ = try await next()
            throw Problem(.usage, "it is no dump")
        }
        await #expect(throws: Problem(.usage, "it is no dump")) { try await agent.send(Send()) { source.next() } }
        #expect(source.given.value < 10)
    }

    @Test func whatIsGivenUpIsToldToTheWriter() async throws {
        let (ended, end) = AsyncStream<Bool>.makeStream()
        let agent = agent { next in
            do { while try await next() != nil {} } catch {
                end.yield(true)
                end.finish()
                throw error
            }
            end.yield(false)
            end.finish()
            return 0
        }
        let problem = await #expect(throws: Problem.self) {
            try await agent.send(Send()) { throw POSIXError(.ECONNRESET) }
        }
        #expect(problem?.message.hasPrefix("the file could not be stored") == true)
        for await wasGivenUp in ended { #expect(wasGivenUp, "a part is no whole") }
    }

    // MARK: Logs

    private func logs(_ lines: AsyncStream<String>, isDoubling: Bool = false) -> PlainAgent {
        let board = LogBoard()
        return PlainAgent(isDoubling: isDoubling) { calls in calls.onLogs(of: board) { _ in lines } }
    }

    private let instance = InstanceID(
        ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), 0)

    @Test(arguments: [false, true]) func aLogIsReadToItsEnd(isDoubling: Bool) async throws {
        let all = (0..<3000).map { "line \($0)" }
        let lines = AsyncStream<String> { stream in
            for line in all { stream.yield(line) }
            stream.finish()
        }
        var read: [String] = []
        for await line in try await logs(lines, isDoubling: isDoubling).log(of: instance, lines: 3000, follow: false) {
            read.append(line)
        }
        #expect(read == all)
    }

    /// Lines of a log that has no reader stay where they are.
    @Test func noMoreIsTakenThanThereIsRoomFor() async throws {
        let taken = Counter()
        let lines = AsyncStream<String> {
            taken.count()
            return "line"
        }
        let log = try await logs(lines).log(of: instance, lines: 10, follow: true)
        var reader = log.makeAsyncIterator()
        for _ in 0..<10 { #expect(await reader.next() == "line") }
        for _ in 0..<1000 { await Task.yield() }
        // The reader has one batch, and one is held for it.
        #expect(taken.value <= 1100, "\(taken.value)")
    }

    @Test func aReaderThatGoesAwayEndsTheReading() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        let lines = AsyncStream<String> { stream in stream.onTermination = { _ in end.finish() } }
        _ = try await logs(lines).log(of: instance, lines: 0, follow: true)
        for await _ in ended {}
    }

    @Test func aReaderThatIsCancelledEndsTheReading() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        let lines = AsyncStream<String> { stream in stream.onTermination = { _ in end.finish() } }
        let log = try await logs(lines).log(of: instance, lines: 0, follow: true)
        let reader = Task { for await _ in log {} }
        for _ in 0..<100 { await Task.yield() }
        reader.cancel()
        await reader.value
        for await _ in ended {}
    }
}
