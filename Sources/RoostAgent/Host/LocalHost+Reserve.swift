import RoostHost
import RoostModel

// What stays free of a disk, for databases that run: they still write where blocks are shared, and what copies take they
// must not lack.
extension LocalHost {
    /// Of a whole disk or pool.
    private static let reserved: Double = 0.05
    /// The least that a copy of bytes leaves.
    private static let leftFree = ByteCount.mebibytes(256)

    static func reserve(of size: ByteCount) -> ByteCount { ByteCount(bytes: Int64(Double(size.bytes) * reserved)) }

    /// Before the disk is filled for nothing, and with it those of others. With reflinks a copy takes nothing at first, but
    /// what its server writes.
    func refuseFullDisk(for data: String, at target: String) throws {
        let isShared = try Storage.detect(at: target) != .copy && Storage.areTogether(data, target)
        if isShared { return try refuseReserve(at: target) }
        try refuse(try Storage.size(of: data), at: target, "a copy of \(data)")
    }

    /// Bytes that are about to be written.
    func refuse(_ size: ByteCount, at folder: String, _ what: String) throws {
        let kept = max(Self.leftFree, Self.reserve(of: try Storage.space(at: folder).size))
        if try makeRoom(for: size, keeping: kept, at: folder) { return }
        throw HostFailure(
            "\(what) takes \(size.rounded), and \(diskText(folder)), of which \(kept.rounded) are kept for databases "
                + "that run")
    }

    private func refuseReserve(at folder: String) throws {
        let reserve = Self.reserve(of: try Storage.space(at: folder).size)
        if try makeRoom(for: ByteCount(bytes: 0), keeping: reserve, at: folder) { return }
        throw HostFailure(
            "\(diskText(folder)), and \(reserve.rounded) are kept for databases that run; remove snapshots or clones, or "
                + "make the pool larger: roost storage grow")
    }

    /// Work with somebody's own server of which nobody knows what it will write: it is cancelled when it begins to use up
    /// the reserve, and the server goes on.
    func sparingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await watchingReserve(order, work) {}
    }

    /// Work with a build's server of which nobody knows what it will write. It is given up, and the server with it, when it
    /// begins to use up the reserve.
    func leavingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await watchingReserve(order, work) {
            // A call that waits for the server's answer is not ended by anything else.
            await uncancelled { [self] in try? await killRemains(order) }
        }
    }

    private func watchingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value,
        onFailure end: () async -> Void
    ) async throws -> Value {
        let folder = paths.instance(order.id).folder
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try self.refuseReserve(at: folder)
                    try await Task.sleep(for: .milliseconds(250))
                }
            }
            defer { group.cancelAll() }
            do {
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            } catch {
                group.cancelAll()
                await end()
                throw error
            }
        }
    }
}
