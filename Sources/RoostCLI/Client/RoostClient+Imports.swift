import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RoostModel

extension RoostClient {
    /// Sends a dump as it is read, of any length. `sent` hears how many bytes are on their way.
    func importDump(
        _ id: ServiceID, _ terms: ImportTerms, from input: FileHandle, size: Int64?,
        sent: @escaping @Sendable (Int64) -> Void
    ) async throws(Problem) -> OperationInfo {
        let answer = try await upload(
            Paths.importDump(id),
            query: [
                ("into", terms.database), ("name", terms.name), ("snapshot", terms.takesSnapshot ? nil : "false"),
            ],
            by: .POST,
            body: .stream(InputPieces(input: input, sent: sent), length: size.map { .known($0) } ?? .unknown),
            type: "application/octet-stream", within: .hours(24))
        do { return try JSON.decode(from: answer) } catch {
            throw Problem(.failed, "the answer of \(address) to the import was not understood: \(error)")
        }
    }
}

/// A file's or a pipe's content, piece by piece. Read on a thread of its own: a pipe may be silent for long, and the
/// connection's event loop must not be.
private struct InputPieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let input: FileHandle
    let sent: @Sendable (Int64) -> Void

    struct Iterator: AsyncIteratorProtocol {
        let input: FileHandle
        let sent: @Sendable (Int64) -> Void
        var total: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            let input = input
            let piece: Data? = try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try input.read(upToCount: 256 << 10) })
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
