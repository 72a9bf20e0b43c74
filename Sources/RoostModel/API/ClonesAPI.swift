/// Clones: copies of templates and services. A clone that waits in a pool belongs to nobody yet, and is in no list.
package protocol ClonesAPI: Sendable {
    func list() async throws(Problem) -> [CloneInfo]
    func find(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo
    /// `name` nil: a name is chosen. Idempotent: an existing clone with the same source is returned as it is.
    /// `token`: name of the token of the request; nil if there was none.
    func make(_ name: CloneName?, _ request: CloneRequest, token: String?) async throws(Problem) -> CloneAnswer
    func reset(_ name: CloneName) async throws(Problem) -> OperationInfo
    func extend(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo
    func protect(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo
    /// `confirm` must be the name if the clone is protected.
    func remove(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo
}
