import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RoostModel

extension RoostClient {
    /// Streams a dump to the daemon, which keeps it where it can read it again.
    func send(dump input: any UploadInput, size: Int64? = nil) async throws(Problem) -> ReceivedDump {
        let answer = try await send(
            .POST, Paths.dumps,
            body: .stream(UploadPieces(input: input), length: size.map { .known($0) } ?? .unknown),
            within: .hours(24))
        do { return try JSON.decode(from: answer) } catch {
            throw Problem(.failed, "unexpected response from the daemon: \(error)")
        }
    }

    /// Streams a source from its file: it may be too large for memory.
    func put(_ source: SourceArchive, of name: ApplicationName) async throws(Problem) {
        let file: FileHandle
        do { file = try FileHandle(forReadingFrom: URL(filePath: source.path)) } catch {
            throw Problem(.failed, "\(source.path) cannot be read: \(error)")
        }
        defer { try? file.close() }  // Read alone: nothing is lost.
        let pieces = UploadPieces(input: PlainInput(file: file))
        try await upload(
            Paths.source(name, source.digest), body: .stream(pieces, length: .known(Int64(source.size))),
            type: "application/x-tar")
    }
}
