import RoostHost
import RoostModel

// The disk reserve for running databases. They still write where blocks are shared, and copies must not take the
// space that they need.
extension LocalHost {
    /// Fraction of a whole disk or pool.
    private static let reserved: Double = 0.05
    /// The least free space that a copy byte by byte leaves.
    private static let leftFree = ByteCount.mebibytes(256)

    static func reserve(of size: ByteCount) -> ByteCount { ByteCount(bytes: Int64(Double(size.bytes) * reserved)) }

    /// Refuses a copy that would fill the disk, for itself and for other databases. A copy by reflinks takes space
    /// only for what its server writes later, so only the reserve is checked for it.
    func refuseFullDisk(for data: String, at target: String) throws {
        let isShared = try Storage.detect(at: target) != .copy && Storage.areTogether(data, target)
        if isShared { return try refuseReserve(at: target) }
        try refuse(try Storage.size(of: data), at: target, "a copy of \(data)")
    }

    /// Refuses to write `size` bytes that do not fit beside the reserve. `what`: the subject of the error's sentence.
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

    /// Runs work on a user's server that may write any amount. The work is cancelled when it begins to use up the
    /// reserve, and the server goes on.
    func sparingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await watchingReserve(order, work) {}
    }

    /// Runs work on a template build's server that may write any amount. When the work fails or begins to use up the
    /// reserve, it is cancelled and the server is killed.
    func leavingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await watchingReserve(order, work) {
            // A call that waits for the server's answer ends only when the server does.
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
