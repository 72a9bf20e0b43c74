import Foundation
import RoostModel

/// Bytes that are sent to an agent in pieces. The next piece is sent when there is room for it.
package protocol AgentUpload: Codable, Sendable {
    associatedtype Receipt: Codable & Sendable
    /// Name on the wire. It does not change when the type is renamed.
    static var name: String { get }
    /// Subject of error messages: `the dump`.
    static var subject: String { get }
}

package struct OpenUpload<Upload: AgentUpload>: AgentCall {
    package typealias Answer = Done
    package static var name: String { "open \(Upload.name)" }

    package let id: String
    package let upload: Upload
}

/// Sends the next piece, which travels beside the call. The answer comes when there is room for another one.
package struct SendPiece: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "piece"
    /// Largest size of a piece, in bytes.
    package static let largest = 1 << 20

    package let id: String
    /// Number of the piece, from 1. A piece that arrives twice is taken once.
    package let number: Int
}

/// Tells that all pieces were sent. Answered when they are stored.
package struct CloseUpload<Upload: AgentUpload>: AgentCall {
    package typealias Answer = Upload.Receipt
    package static var name: String { "close \(Upload.name)" }

    package let id: String
}

/// Drops an upload whose rest will not be sent. The received pieces are removed.
package struct DropUpload: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "drop upload"

    package let id: String
}

extension Agent {
    /// Sends the pieces that `next` gives, until it gives nil. A refusal of the agent ends the upload before that.
    package func send<Upload: AgentUpload>(
        _ upload: Upload, _ next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> Upload.Receipt {
        let id = UUID().uuidString
        _ = try await call(OpenUpload(id: id, upload: upload))
        do {
            var number = 0
            while let data = try await next() {
                for start in stride(from: 0, to: data.count, by: SendPiece.largest) {
                    number += 1
                    let piece = data.dropFirst(start).prefix(SendPiece.largest)
                    _ = try await call(SendPiece(id: id, number: number), bulk: Data(piece))
                }
            }
            return try await call(CloseUpload<Upload>(id: id))
        } catch {
            // An agent that cannot be reached drops the upload by itself.
            _ = try? await call(DropUpload(id: id))
            throw (error as? Problem) ?? Problem(.failed, "\(Upload.subject) could not be stored: \(error)")
        }
    }
}
