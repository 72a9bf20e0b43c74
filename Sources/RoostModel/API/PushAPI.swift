import Foundation

/// Pushes: an application's services are brought to what its build file declares.
package protocol PushAPI: Sendable {
    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer
    /// Stores a custom service's source, a tar file of this SHA-256, for the pushes that name it. `next` gives the
    /// pieces, nil at the end.
    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem)
}
