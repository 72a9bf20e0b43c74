import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel

// What a full disk is called, and what gives way before anything is refused because of it.
extension LocalHost {
    /// Below this a server can neither start nor be expected to go on writing.
    static let startRoom = ByteCount.mebibytes(32)
    private static let nearlyFull = ByteCount.mebibytes(8)
    /// Lines of a log's end that are read for why a server ended.
    private static let lastLines = 40

    /// `the disk of /var/lib/roost has 1.2M of 700M left`. `folder` may not be there yet.
    func diskText(_ folder: String) -> String {
        let root = paths.places.last { folder.hasPrefix($0.root + "/") }?.root ?? paths.home
        // What cannot be asked is not told.
        guard let space = try? Storage.space(at: root) else { return "the disk of \(root) is full" }
        return "the disk of \(root) has \(space.free.rounded) of \(space.size.rounded) left"
    }

    package func diskFault(_ order: InstanceOrder) -> String? { diskFault(order.id) }

    func diskFault(_ id: InstanceID) -> String? {
        let folder = paths.place(of: id).root
        // Another error of the disk is told by who meets it.
        guard let space = try? Storage.space(at: folder), space.free < Self.nearlyFull else { return nil }
        return "\(diskText(folder + "/")); free some space, and it goes on by itself"
    }

    /// Ready directories that stand on the same disk are given up where `needed` does not fit beside `kept`. False: it does
    /// not fit all the same.
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

    /// Before a service's first directory is taken or made, and its server started.
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

    /// How a server that nobody asked to end did so, with what its log says of why.
    func ending(_ order: InstanceOrder, _ status: String, isOwnDoing: Bool) -> String {
        // A custom service's output is for those alone who pushed it, and who was killed had no last words.
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
