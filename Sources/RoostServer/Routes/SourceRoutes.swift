import Foundation
import Hummingbird
import RoostModel

/// Uploads of custom services' sources.
struct SourceRoutes: Sendable {
    /// Timeout for a whole source to arrive.
    private static let patience: Duration = .seconds(30 * 60)

    let platform: any Platform

    var routes: [HTTPRoute] {
        [HTTPRoute(.put, "\(RoutePath.application)/sources/{digest}", .changeApplication, handler: store)]
    }

    private func store(_ call: Call) async throws -> Response {
        let name = try call.application()
        let text = try call.parameter("digest")
        guard let digest = ContentDigest(rawValue: text) else {
            throw Problem(.nameInvalid, "'\(text)' is not a SHA-256 digest: it must have 64 digits of 0-9 and a-f")
        }
        let pieces = BodyPieces(call.request.body)
        let late = Problem(.timedOut, "the source did not arrive within \(Self.patience.components.seconds) s")
        let platform = platform
        try await within(Self.patience, or: late) {
            try await platform.storeSource(name, digest) { try await pieces.next() }
        }
        return Response(status: .noContent)
    }
}

/// The pieces of a request body, read on demand.
actor BodyPieces {
    private var iterator: RequestBody.AsyncIterator?

    init(_ body: RequestBody) { iterator = body.makeAsyncIterator() }

    func next() async throws -> Data? {
        // The iterator is taken out while it waits; callers ask for pieces one after the other.
        guard var iterator else { return nil }
        self.iterator = nil
        guard let buffer = try await iterator.next(isolation: self) else { return nil }
        self.iterator = iterator
        return Data(buffer.readableBytesView)
    }
}
