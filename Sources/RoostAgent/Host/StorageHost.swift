import RoostModel

/// What is asked of a machine's storage: the pool, and what stands where.
package protocol StorageHost: Sendable {
    func storage() async throws(Problem) -> StorageInfo
    func makePool(size: ByteCount) async throws(HostFailure)
    func growPool(size: ByteCount) async throws(HostFailure)
    /// Throws where the pool has no room for what stands outside of it.
    func refuseMove(of instances: [InstanceID]) async throws(HostFailure)
    /// What copies may still take, and of how much; the reserve is taken off.
    func roomForCopies() async -> (free: ByteCount, size: ByteCount)
    func memoryTotal() -> ByteCount
}
