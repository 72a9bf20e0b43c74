import AsyncHTTPClient
import Foundation
import NIOCore
import RoostAPI
import RoostModel

extension RoostClient {
    /// Streams a dump of any length. `sent` is called with the number of bytes sent so far.
    func importDump(
        _ id: ServiceID, _ terms: ImportTerms, from input: any UploadInput, size: Int64?,
        sent: @escaping @Sendable (Int64) -> Void
    ) async throws(Problem) -> OperationInfo {
        let answer = try await upload(
            ServiceEndpoints.importDump, id,
            query: [
                ("into", terms.database), ("name", terms.name), ("snapshot", terms.takesSnapshot ? nil : "false"),
            ],
            body: .stream(UploadPieces(input: input, sent: sent), length: size.map { .known($0) } ?? .unknown),
            within: .hours(24))
        return try decoded(answer, of: ServiceEndpoints.importDump)
    }
}
