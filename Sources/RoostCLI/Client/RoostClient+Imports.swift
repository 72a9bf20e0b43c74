import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RoostModel

extension RoostClient {
    /// Streams a dump of any length. `sent` is called with the number of bytes sent so far.
    func importDump(
        _ id: ServiceID, _ terms: ImportTerms, from input: any UploadInput, size: Int64?,
        sent: @escaping @Sendable (Int64) -> Void
    ) async throws(Problem) -> OperationInfo {
        let answer = try await upload(
            Paths.importDump(id),
            query: [
                ("into", terms.database), ("name", terms.name), ("snapshot", terms.takesSnapshot ? nil : "false"),
            ],
            by: .POST,
            body: .stream(UploadPieces(input: input, sent: sent), length: size.map { .known($0) } ?? .unknown),
            type: "application/octet-stream", within: .hours(24))
        do { return try JSON.decode(from: answer) } catch {
            throw Problem(.failed, "unexpected response from \(address) to the import: \(error)")
        }
    }
}
