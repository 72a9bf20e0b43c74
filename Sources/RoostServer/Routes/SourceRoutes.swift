import Foundation
import Hummingbird
import RoostAPI
import RoostModel

/// Uploads of custom services' sources.
struct SourceRoutes: Sendable {
    /// Timeout for a whole source to arrive.
    private static let patience: Duration = .seconds(30 * 60)

    let pushes: any PushAPI

    var routes: [HTTPRoute] {
        [
            HTTPRoute(ApplicationEndpoints.storeSource, .changeApplication, handler: store)
        ]
    }

    private func store(_ call: Call) async throws -> Reply<NoAnswer> {
        let name = try call.application()
        let text = try call.parameter("digest")
        guard let digest = ContentDigest(rawValue: text) else {
            throw Problem(.nameInvalid, "'\(text)' is not a SHA-256 digest: it must have 64 digits of 0-9 and a-f")
        }
        let pieces = BodyPieces(call.request.body)
        let late = Problem(.timedOut, "the source did not arrive within \(Self.patience.components.seconds) s")
        try await within(Self.patience, or: late) { [pushes] in
            try await pushes.storeSource(name, digest) { try await pieces.next() }
        }
        return .done
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
