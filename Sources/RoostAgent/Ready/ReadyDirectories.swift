import Foundation
import Glibc
import Logging
import RoostEngines
import RoostHost
import RoostModel

/// Data directories made ahead for each engine build, so that users need not wait for an initialisation.
///
/// A seed is initialised once per build. If the engine's identity is not part of the directory, ready directories are
/// copies of the seed, else each is initialised. Each is used once. A build that is new or gone costs only its own
/// folder.
package actor ReadyDirectories {
    private let paths: HomePaths
    private let wanted: Int
    private let user: ServerUser?
    private let pool: BlockingPool
    private let logger: Logger
    private var stocks: [EngineIdentity: ReadyStock] = [:]
    private var isStopped = false
    private var making: [EngineIdentity: Task<Void, any Error>] = [:]
    private var refills: [EngineIdentity: Task<Void, Never>] = [:]

    /// `user`: the system user that initialises directories; nil: the caller itself.
    package init(paths: HomePaths, wanted: Int, user: ServerUser?, pool: BlockingPool, logger: Logger) {
        self.paths = paths
        self.wanted = wanted
        self.user = user
        self.pool = pool
        self.logger = logger
    }

    /// Number of directories of the build that are ready.
    package nonisolated func count(_ engine: EngineIdentity) -> Int { names(engine).count }

    /// Path of a fresh directory for the caller alone, who renames it to its final place.
    func take(engine: any Engine, build: EngineBuild) async throws(HostFailure) -> String {
        defer {
            let left = count(build.identity)
            stocks[build.identity, default: ReadyStock(usual: wanted)].take(leaving: left, at: .now)
            refillSoon(engine: engine, build: build, after: ReadyStock.pause(leaving: left))
        }
        // The loop ends: each directory that is made serves one waiting caller, and a failed initialisation throws.
        // Of many concurrent callers the last one waits for as many directories as there are callers before it.
        while true {
            if let claimed = claim(build.identity) { return claimed }
            try await makeOne(engine: engine, build: build)
        }
    }

    /// Claims a ready directory by renaming it out of other callers' reach. Nil if none is ready.
    private func claim(_ engine: EngineIdentity) -> String? {
        let place = paths.freshPlace
        for name in names(engine) {
            let claimed = "\(place.scratch)/\(name).taken"
            if rename("\(place.ready(engine))/\(name)", claimed) == 0 { return claimed }
        }
        return nil
    }

    /// Fills the stock up in the background. Returns at once.
    package func refillSoon(engine: any Engine, build: EngineBuild, after delay: Duration) {
        guard !isStopped, refills[build.identity] == nil else { return }
        // The task ends by itself. A stopping daemon leaves at most an unfinished directory for the next start to
        // sweep.
        refills[build.identity] = Task {
            defer { refills[build.identity] = nil }
            // A cancelled sleep goes on at once.
            try? await Task.sleep(for: delay)
            // The stock is counted after each directory: the one that was just made may be taken already.
            while case let standing = names(build.identity).count, standing < wantedNow(build.identity) {
                guard hasRoom(engine, isExtra: standing >= wanted) else {
                    logger.info(
                        "The disk has no space for ready directories", metadata: ["engine": "\(build.identity)"])
                    return
                }
                do { try await makeOne(engine: engine, build: build) } catch {
                    logger.warning(
                        "A ready directory could not be created",
                        metadata: ["engine": "\(build.identity)", "reason": "\(error)"])
                    return
                }
            }
        }
    }

    private func wantedNow(_ engine: EngineIdentity) -> Int {
        stocks[engine].map { $0.wanted(at: .now) } ?? wanted
    }

    /// Removes the directories of a build that is no longer on the machine. Returns how many were ready.
    package func forget(_ engine: EngineIdentity) async throws(HostFailure) -> Int {
        let (refill, ending) = (refills[engine], making[engine])
        refill?.cancel()
        ending?.cancel()
        await refill?.value
        _ = await ending?.result
        let count = count(engine)
        for place in paths.places where FileManager.default.fileExists(atPath: place.ready) {
            try await pool.run { try Storage.removeTree(place.ready(engine), within: place.ready) }
        }
        return count
    }

    /// Cancels all work under way, and returns when it has ended. The next start sweeps what is left.
    package func stop() async {
        isStopped = true
        let refilling = Array(refills.values)
        let ending = Array(making.values)
        for task in refilling { task.cancel() }
        for task in ending { task.cancel() }
        for task in refilling { await task.value }
        for task in ending { _ = await task.result }
    }

    /// Removes directories that a daemon that died was making, or had claimed and not used.
    package func sweep() async {
        let paths = paths
        do {
            try await pool.run {
                for place in paths.places {
                    try Self.empty(place.scratch)
                    // Directories are taken from the fresh place alone.
                    if place != paths.freshPlace { try Self.empty(place.ready) }
                }
            }
        } catch {
            logger.warning("The scratch folder could not be cleared", metadata: ["reason": "\(error)"])
        }
    }

    private static func empty(_ folder: String) throws {
        // A missing folder: no directory was ever made in it.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            try Storage.removeTree("\(folder)/\(name)", within: folder)
        }
    }

    // MARK: Giving way

    /// Removes the ready directories of all builds but one from a disk that something else needs. Later services then
    /// wait a second or two, and no data are lost. Returns the freed bytes. Blocks for as long as the removal takes.
    nonisolated func giveUp(besides spared: EngineIdentity?, onDiskOf folder: String) -> ByteCount {
        var bytes: Int64 = 0
        for place in paths.places {
            // A missing folder has no directories. A directory that vanishes meanwhile was taken.
            guard (try? Storage.areTogether(place.ready, folder)) ?? false else { continue }
            for engine in (try? FileManager.default.contentsOfDirectory(atPath: place.ready)) ?? []
            where engine != spared.map({ "\($0)" }) {
                let path = "\(place.ready)/\(engine)"
                for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                    let size = (try? Storage.size(of: "\(path)/\(name)"))?.bytes ?? 0
                    // Rename first, so that no caller is given half a directory.
                    let leaving = "\(place.scratch)/\(UUID().uuidString.lowercased()).leaving"
                    guard rename("\(path)/\(name)", leaving) == 0 else { continue }
                    // The next start sweeps a directory that could not be removed.
                    do { try Storage.removeTree(leaving, within: place.scratch) } catch { continue }
                    bytes += size
                }
            }
        }
        return ByteCount(bytes: bytes)
    }

    /// Whether one more directory leaves room for what users ask for. `isExtra`: the directory is beyond the usual
    /// number, for which a disk that fills up has no room.
    private nonisolated func hasRoom(_ engine: any Engine, isExtra: Bool) -> Bool {
        // If free space cannot be read, no directory is made.
        guard let space = try? Storage.space(at: paths.freshPlace.root) else { return false }
        let least = 2 * engine.family.freshSize.bytes + Self.leftFree(of: space.size).bytes
        return space.free.bytes > (isExtra ? least + space.size.bytes / 10 : least)
    }

    private static func leftFree(of size: ByteCount) -> ByteCount {
        min(.mebibytes(256), ByteCount(bytes: size.bytes / 10))
    }

    // MARK: Making

    private nonisolated func names(_ engine: EngineIdentity) -> [String] {
        // A missing folder: no directory is ready.
        ((try? FileManager.default.contentsOfDirectory(atPath: paths.freshPlace.ready(engine))) ?? [])
            .filter { $0.hasPrefix("ready-") }.sorted()
    }

    /// Makes one directory at a time per build; callers that come meanwhile wait for the same one.
    private func makeOne(engine: any Engine, build: EngineBuild) async throws(HostFailure) {
        guard !isStopped else { throw HostFailure("the daemon is stopping") }
        let task =
            making[build.identity]
            ?? Task {
                defer { making[build.identity] = nil }
                try await make(engine: engine, build: build)
            }
        making[build.identity] = task
        do { try await task.value } catch let failure as HostFailure { throw failure } catch {
            throw HostFailure("\(error)")
        }
    }

    private func make(engine: any Engine, build: EngineBuild) async throws {
        let id = UUID().uuidString.lowercased()
        let place = paths.freshPlace
        let target = "\(place.ready(build.identity))/ready-\(id)"
        let scratch = "\(place.scratch)/\(id)"
        for folder in [place.scratch, place.ready, place.ready(build.identity)] {
            try Storage.makeFolder(folder, mode: 0o711, owner: nil)
        }
        let seed = "\(place.ready(build.identity))/seed"
        if !engine.identityIsInData, FileManager.default.fileExists(atPath: seed) {
            try await pool.run {
                _ = try Storage.copyTree(from: seed, to: scratch, preferring: .reflink)
                try Storage.rename(from: scratch, to: target)
            }
            return
        }
        let started = ContinuousClock.now
        let user = user ?? ServerUsers.caller
        // On a file system with subvolumes the directory is one, so that a snapshot of all of it takes a single step.
        try Storage.makeRoot(scratch, mode: 0o700, owner: self.user)
        do throws(EngineError) {
            try await engine.initialise(directory: scratch, build: build, user: user)
        } catch {
            throw HostFailure("could not initialise a directory for \(build.identity): \(error)")
        }
        let logger = logger
        try await pool.run {
            if engine.identityIsInData {
                try Storage.rename(from: scratch, to: target)
            } else {
                try Storage.rename(from: scratch, to: seed)
                _ = try Storage.copyTree(from: seed, to: "\(scratch).copy", preferring: .reflink)
                try Storage.rename(from: "\(scratch).copy", to: target)
            }
        }
        logger.info(
            "Initialised a ready directory",
            metadata: ["engine": "\(build.identity)", "took": "\(started.duration(to: .now))"])
    }
}
