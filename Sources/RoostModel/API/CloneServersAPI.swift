/// Clones as services: restarts, snapshots, logs, environment and clients of a clone's server.
package protocol CloneServersAPI: Sendable {
    /// Variables by which programs find the clone, named after its source.
    func environment(of name: CloneName) async throws(Problem) -> EnvironmentInfo
    func client(for name: CloneName, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer
    func restart(_ name: CloneName) async throws(Problem) -> OperationInfo
    func takeSnapshot(of name: CloneName, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Restores a snapshot of the clone's own.
    func restore(
        _ name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo
    func logs(of name: CloneName, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>
}
