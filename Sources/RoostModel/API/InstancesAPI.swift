/// The instances of a service: their size and number, restarts, the choice of the primary, and logs.
package protocol InstancesAPI: Sendable {
    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer
    /// Promotes another member.
    func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo
    /// Replaces the primary at once, whatever it is doing.
    func failOver(_ id: ServiceID, _ request: FailoverRequest) async throws(Problem) -> OperationInfo
    func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo
    /// Replaces the data of a replica by a copy of the primary's.
    func resync(_ id: ServiceID, _ request: ResyncRequest) async throws(Problem) -> OperationInfo
    /// Compares the tables of every replica with the primary's.
    func verifyReplication(_ id: ServiceID) async throws(Problem) -> OperationInfo
    /// The last `lines` lines; with `follow` the stream goes on until its reader ends it.
    func logs(of id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>
}
