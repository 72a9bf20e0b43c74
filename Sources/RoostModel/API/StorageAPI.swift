/// Storage: what takes up space on the machine, and the pool in which copies share blocks.
package protocol StorageAPI: Sendable {
    func describe() async throws(Problem) -> StorageInfo
    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    /// Moves a service's data into the pool.
    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo
}
