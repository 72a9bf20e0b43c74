import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RoostModel

extension RoostClient {
    /// Sends a source as it is read: it may be larger than what should be kept in memory.
    func put(_ source: SourceArchive, of name: ApplicationName) async throws(Problem) {
        let file: FileHandle
        do { file = try FileHandle(forReadingFrom: URL(filePath: source.path)) } catch {
            throw Problem(.failed, "\(source.path) cannot be read: \(error)")
        }
        defer { try? file.close() }  // Read alone: nothing is lost.
        let pieces = FilePieces(file: file)
        try await upload(
            Paths.source(name, source.digest), body: .stream(pieces, length: .known(Int64(source.size))),
            type: "application/x-tar")
    }
}

/// A file's content, piece by piece.
private struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let file: FileHandle

    struct Iterator: AsyncIteratorProtocol {
        let file: FileHandle

        func next() async throws -> ByteBuffer? {
            guard let piece = try file.read(upToCount: 256 << 10), !piece.isEmpty else { return nil }
            return ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(file: file) }
}
