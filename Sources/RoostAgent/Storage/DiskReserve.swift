import Logging
import RoostEngines
import RoostHost
import RoostModel

/// The disk reserve for running databases. They still write where blocks are shared, and copies must not take the
/// space that they need. Ready directories are removed before a request is refused for lack of space.
struct DiskReserve: Sendable {
    /// Fraction of a whole disk or pool.
    private static let reserved: Double = 0.05
    /// The least free space that a copy byte by byte leaves.
    private static let leftFree = ByteCount.mebibytes(256)
    /// Free space below which a server can neither start nor be expected to go on writing.
    static let startRoom = ByteCount.mebibytes(32)

    let disk: HomeDisk
    let ready: ReadyDirectories
    let logger: Logger

    private func diskText(_ folder: String) -> String { disk.diskText(folder) }

    static func reserve(of size: ByteCount) -> ByteCount { ByteCount(bytes: Int64(Double(size.bytes) * reserved)) }

    /// Refuses a copy that would fill the disk, for itself and for other databases. A copy by reflinks takes space
    /// only for what its server writes later, so only the reserve is checked for it.
    func refuseFullDisk(for data: String, at target: String, sharesBlocks: Bool = true) throws {
        let isShared = try sharesBlocks && Storage.detect(at: target) != .copy && Storage.areTogether(data, target)
        if isShared { return try refuseReserve(at: target) }
        try refuse(try Storage.size(of: data), at: target, "a copy of \(data)")
    }

    /// Refuses to write `size` bytes that do not fit beside the reserve. `what`: the subject of the error's sentence.
    func refuse(_ size: ByteCount, at folder: String, _ what: String) throws {
        let kept = max(Self.leftFree, Self.reserve(of: try Storage.space(at: folder).size))
        if try makeRoom(for: size, keeping: kept, at: folder) { return }
        throw HostFailure(
            "\(what) takes \(size.rounded), but \(diskText(folder)), of which \(kept.rounded) must stay free "
                + "for running databases")
    }

    private func refuseReserve(at folder: String) throws {
        let reserve = Self.reserve(of: try Storage.space(at: folder).size)
        if try makeRoom(for: ByteCount(bytes: 0), keeping: reserve, at: folder) { return }
        throw HostFailure(
            "\(diskText(folder)), and \(reserve.rounded) must stay free for running databases; "
                + "remove snapshots or clones, or enlarge the pool: roost storage grow")
    }

    /// Runs work on a server that may write any amount. The work is cancelled when it begins to use up the reserve.
    /// `end`: called when the work has failed or was cancelled, and before its end is waited for.
    func watching<Value: Sendable>(
        _ folder: String, _ work: @escaping @Sendable () async throws -> Value,
        onFailure end: () async -> Void = {}
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
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

    /// Makes room for `needed` beside `kept`, by removing ready directories on the same disk except those of
    /// `spared`. Returns whether there is room now.
    func makeRoom(for needed: ByteCount, keeping kept: ByteCount, at folder: String, _ spared: EngineIdentity? = nil)
        throws -> Bool
    {
        func fits() throws -> Bool { try Storage.space(at: folder).free.bytes > needed.bytes + kept.bytes }
        if try fits() { return true }
        let given = ready.giveUp(besides: spared, onDiskOf: folder)
        if given.bytes > 0 {
            logger.info(
                "Ready directories were removed to free space",
                metadata: ["bytes": "\(given)", "needed": "\(needed)"])
        }
        return try fits()
    }

    /// Refuses a new service if its disk has no room for its first directory and the start of its server.
    func refuseFullDisk(forNew build: EngineBuild, _ engine: any Engine, at folder: String) throws(HostFailure) {
        let directory = ready.count(build.identity) > 0 ? ByteCount(bytes: 0) : engine.family.freshSize
        let needed = ByteCount(bytes: directory.bytes + Self.startRoom.bytes)
        do {
            if try makeRoom(for: needed, keeping: ByteCount(bytes: 0), at: folder, build.identity) { return }
        } catch { return }  // Who writes there tells what is wrong with the disk.
        throw HostFailure(
            "a new service of \(build.identity) needs \(needed.rounded), but \(diskText(folder + "/")); "
                + "free some space, and it goes on by itself")
    }
}
