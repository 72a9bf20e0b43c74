import Foundation
import NIOCore
import RoostModel
import Synchronization

/// The content of an upload, read piece by piece, once.
protocol UploadInput: Sendable {
    /// Blocks until the next piece; nil at the end.
    func piece() throws -> Data?
    func close()
}

/// A file's or a pipe's content.
struct PlainInput: UploadInput {
    let file: FileHandle

    func piece() throws -> Data? { try file.read(upToCount: UploadPieces.longest) }
    func close() { try? file.close() }  // Read alone: nothing is lost.
}

/// The content of several files.
final class GatheredInput: UploadInput {
    private struct State {
        var parts: ArraySlice<GatheredDump.Part>
        var file: FileHandle?
        /// Bytes left of the part that is being read.
        var rest: Int64 = 0
    }

    private let state: Mutex<State>

    init(_ dump: GatheredDump) { state = Mutex(State(parts: dump.parts[...])) }

    func piece() throws -> Data? {
        try state.withLock { state in
            while true {
                if state.rest > 0, let piece = try Self.next(&state) { return piece }
                close(&state)
                switch state.parts.popFirst() {
                case nil: return nil
                case .text(let text): return Data(text)
                case .file(let file, let range): try Self.begin(file, range, &state)
                }
            }
        }
    }

    func close() { state.withLock { close(&$0) } }

    private func close(_ state: inout State) {
        try? state.file?.close()  // Read alone: nothing is lost.
        (state.file, state.rest) = (nil, 0)
    }

    private static func begin(_ file: GatheredFile, _ range: Range<Int64>, _ state: inout State) throws {
        do throws(GatheredFile.Failure) {
            state.file = FileHandle(fileDescriptor: try file.reopen(), closeOnDealloc: true)
        } catch {
            throw Problem(.failed, "'\(file.path)' \(error)", next: ["run the command again"])
        }
        try state.file?.seek(toOffset: UInt64(range.lowerBound))
        state.rest = Int64(range.count)
    }

    private static func next(_ state: inout State) throws -> Data? {
        let piece = try state.file?.read(upToCount: Int(min(state.rest, Int64(UploadPieces.longest)))) ?? Data()
        guard !piece.isEmpty else {
            throw Problem(
                .failed, "a file of the dump \(GatheredFile.Failure.changed)", next: ["run the command again"])
        }
        state.rest -= Int64(piece.count)
        return piece
    }
}

/// The pieces of an upload's body. They are read on a thread of their own: a pipe may block for long, and the
/// connection's event loop must not.
struct UploadPieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    static let longest = 256 << 10

    let input: any UploadInput
    /// Called with the number of bytes sent so far.
    var sent: @Sendable (Int64) -> Void = { _ in }

    struct Iterator: AsyncIteratorProtocol {
        let input: any UploadInput
        let sent: @Sendable (Int64) -> Void
        var total: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            let input = input
            let piece: Data? = try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try input.piece() })
                }
            }
            guard let piece, !piece.isEmpty else { return nil }
            total += Int64(piece.count)
            sent(total)
            return ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(input: input, sent: sent) }
}
