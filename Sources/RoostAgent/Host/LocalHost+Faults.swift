import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel

// Sentences about a full disk, and the removal of ready directories before a request is refused for lack of space.
extension LocalHost {
    /// Free space below which a server can neither start nor be expected to go on writing.
    static let startRoom = ByteCount.mebibytes(32)
    private static let nearlyFull = ByteCount.mebibytes(8)
    /// Number of lines from a log's end that are searched for the cause of a server's end.
    private static let lastLines = 40

    /// Clause on a disk: `the disk of /var/lib/roost has 1.2M of 700M left`. `folder` may not be there yet.
    func diskText(_ folder: String) -> String {
        let root = paths.places.last { folder.hasPrefix($0.root + "/") }?.root ?? paths.home
        // If free space cannot be read, the clause has no figures.
        guard let space = try? Storage.space(at: root) else { return "the disk of \(root) is full" }
        return "the disk of \(root) has \(space.free.rounded) of \(space.size.rounded) left"
    }

    package func diskFault(_ order: InstanceOrder) -> String? { diskFault(order.id) }

    func diskFault(_ id: InstanceID) -> String? {
        let folder = paths.place(of: id).root
        // Other errors of the disk are reported by the step that meets them.
        guard let space = try? Storage.space(at: folder), space.free < Self.nearlyFull else { return nil }
        return "\(diskText(folder + "/")); free some space, and it goes on by itself"
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
                "Ready directories were given up for what was asked for",
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
            "a new service of \(build.identity) needs \(needed.rounded), and \(diskText(folder + "/")); "
                + "free some space, and it goes on by itself")
    }

    /// How a server ended unasked, with the cause that its log gives.
    func ending(_ order: InstanceOrder, _ status: String, isOwnDoing: Bool) -> String {
        // The output of a custom service is for its owner alone, and a killed server wrote no last words.
        guard isOwnDoing, order.service.settings.custom == nil,
            let engine = try? engine(named: identity(for: order)),
            let log = try? LogFile.tail(paths.instance(order.id).log, lines: Self.lastLines)
        else { return status }
        let words = LastWords.read(log, causes: engine.knownCauses)
        let cause = words.cause.map { cause in
            switch cause.kind {
            case .diskFull: "\(cause.sentence): \(diskText(paths.place(of: order.id).root + "/"))"
            case .other: cause.sentence
            }
        }
        let told = cause ?? (words.errors.isEmpty ? nil : "its log says: \(words.errors.joined(separator: "; "))")
        return told.map { "\(status); \($0)" } ?? status
    }
}
