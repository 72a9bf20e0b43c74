import Hummingbird
import RoostAPI
import RoostModel

/// Imports of dumps into services.
struct ImportRoutes: Sendable {
    /// Timeout for a whole dump to arrive.
    private static let patience: Duration = .seconds(24 * 3600)

    let imports: any ImportsAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(ServiceEndpoints.importDump, .changeApplication, handler: load)
        ]
    }

    /// The body is the dump, in any supported format; the import begins once all of it has arrived.
    private func load(_ call: Call) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        let terms = ImportTerms(
            database: call.query.text("into"), name: call.query.text("name"),
            takesSnapshot: try call.query.flag("snapshot", default: true))
        let pieces = BodyPieces(call.request.body)
        let late = Problem(.timedOut, "the dump did not arrive within \(Self.patience.components.seconds) s")
        let operation = try await within(Self.patience, or: late) { [imports] in
            try await imports.importDump(into: id, terms) { try await pieces.next() }
        }
        return try await operations.answer(call, operation)
    }
}
