import Foundation
import RoostModel

/// Bytes that are sent to an agent, piece by piece: the next piece is asked for when there is room for it.
package protocol AgentUpload: Codable, Sendable {
    associatedtype Receipt: Codable & Sendable
    /// On the wire. It stays what it is when the type is renamed.
    static var name: String { get }
    /// In sentences: `the dump`.
    static var subject: String { get }
}

package struct OpenUpload<Upload: AgentUpload>: AgentCall {
    package typealias Answer = Done
    package static var name: String { "open \(Upload.name)" }

    package let id: String
    package let upload: Upload
}

/// The next piece, which travels beside the call. The answer comes when there is room for another one.
package struct SendPiece: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "piece"
    /// Of one piece, in bytes.
    package static let largest = 1 << 20

    package let id: String
    /// From 1. A piece that comes twice is taken once.
    package let number: Int
}

/// All pieces were sent. Answered when they are kept.
package struct CloseUpload<Upload: AgentUpload>: AgentCall {
    package typealias Answer = Upload.Receipt
    package static var name: String { "close \(Upload.name)" }

    package let id: String
}

/// The rest will not be sent; what came is removed.
package struct DropUpload: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "drop upload"

    package let id: String
}

extension Agent {
    /// Sends what `next` gives, until that is nil. A refusal of the agent ends it before that.
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
            // An agent that cannot be reached drops what is not continued by itself.
            _ = try? await call(DropUpload(id: id))
            throw (error as? Problem) ?? Problem(.failed, "\(Upload.subject) could not be taken over: \(error)")
        }
    }
}
