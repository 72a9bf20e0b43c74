import Foundation

/// Imports of dumps into running services.
package protocol ImportsAPI: Sendable {
    /// Loads a dump into a running service. `next` gives its bytes, nil at the end: the load begins only then.
    func importDump(
        into id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo
}
