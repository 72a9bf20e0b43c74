import Foundation
import Glibc
import Logging
import RoostEngines
import RoostHost
import RoostModel

/// Data directories made ahead for each engine build, so that initialising does not stand in a user's way.
///
/// A seed is initialised once a build; where the engine's identity is no part of the directory, ready ones are copies of
/// it, else each is initialised. Each is used once. A build that is new or gone costs nothing but its own folder.
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

    /// `user`: who initialises (nil: the caller itself).
    package init(paths: HomePaths, wanted: Int, user: ServerUser?, pool: BlockingPool, logger: Logger) {
        self.paths = paths
        self.wanted = wanted
        self.user = user
        self.pool = pool
        self.logger = logger
    }

    /// How many wait for a push.
    package nonisolated func count(_ engine: EngineIdentity) -> Int { names(engine).count }

    /// A fresh directory's path, for the caller alone: it renames it away.
    func take(engine: any Engine, build: EngineBuild) async throws(HostFailure) -> String {
        defer {
            let left = count(build.identity)
            stocks[build.identity, default: ReadyStock(usual: wanted)].take(leaving: left, at: .now)
            refillSoon(engine: engine, build: build, after: ReadyStock.pause(leaving: left))
        }
        // Ends: each directory that is made serves one of those who wait for it, and a making that fails throws. So of
        // many who take at once the last waits for as many makings as there are before it, and none goes away empty.
        while true {
            if let claimed = claim(build.identity) { return claimed }
            try await makeOne(engine: engine, build: build)
        }
    }

    /// Renames one that waits out of others' reach; nil: none waits.
    private func claim(_ engine: EngineIdentity) -> String? {
        let place = paths.freshPlace
        for name in names(engine) {
            let claimed = "\(place.scratch)/\(name).taken"
            if rename("\(place.ready(engine))/\(name)", claimed) == 0 { return claimed }
        }
        return nil
    }

    /// Fills up in the background. Returns at once.
    package func refillSoon(engine: any Engine, build: EngineBuild, after delay: Duration) {
        guard !isStopped, refills[build.identity] == nil else { return }
        // Ends by itself; a daemon that stops leaves at most an unfinished directory, which the next start sweeps.
        refills[build.identity] = Task {
            defer { refills[build.identity] = nil }
            // A cancelled wait goes on at once.
            try? await Task.sleep(for: delay)
            // Until all are there: one that was just made may have been taken before this looks again.
            while case let standing = names(build.identity).count, standing < wantedNow(build.identity) {
                guard hasRoom(engine, isExtra: standing >= wanted) else {
                    logger.info(
                        "The disk has no room for directories made ahead", metadata: ["engine": "\(build.identity)"])
                    return
                }
                do { try await makeOne(engine: engine, build: build) } catch {
                    logger.warning(
                        "A directory could not be made ahead",
                        metadata: ["engine": "\(build.identity)", "reason": "\(error)"])
                    return
                }
            }
        }
    }

    private func wantedNow(_ engine: EngineIdentity) -> Int {
        stocks[engine].map { $0.wanted(at: .now) } ?? wanted
    }

    /// Removes those of a build that is not on the machine any more. Returns how many waited.
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

    /// Ends what is being made, and returns when nothing is any more. The next start sweeps what it left.
    package func stop() async {
        isStopped = true
        let refilling = Array(refills.values)
        let ending = Array(making.values)
        for task in refilling { task.cancel() }
        for task in ending { task.cancel() }
        for task in refilling { await task.value }
        for task in ending { _ = await task.result }
    }

    /// Removes what a daemon that died was making or had claimed and not used.
    package func sweep() async {
        let paths = paths
        do {
            try await pool.run {
                for place in paths.places {
                    try Self.empty(place.scratch)
                    // None is taken from here any more.
                    if place != paths.freshPlace { try Self.empty(place.ready) }
                }
            }
        } catch {
            logger.warning("The scratch folder could not be cleared", metadata: ["reason": "\(error)"])
        }
    }

    private static func empty(_ folder: String) throws {
        // Not there: nothing was ever made in it.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            try Storage.removeTree("\(folder)/\(name)", within: folder)
        }
    }

    // MARK: Giving way

    /// Removes all but those of one build from a disk that something else needs: what was made ahead costs whoever comes
    /// next a second or two, and no data. Returns how much they took. Blocks for as long as the removal takes.
    nonisolated func giveUp(besides spared: EngineIdentity?, onDiskOf folder: String) -> ByteCount {
        var bytes: Int64 = 0
        for place in paths.places {
            // Not there: nothing was made in it. One that goes away meanwhile was taken.
            guard (try? Storage.areTogether(place.ready, folder)) ?? false else { continue }
            for engine in (try? FileManager.default.contentsOfDirectory(atPath: place.ready)) ?? []
            where engine != spared.map({ "\($0)" }) {
                let path = "\(place.ready)/\(engine)"
                for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                    let size = (try? Storage.size(of: "\(path)/\(name)"))?.bytes ?? 0
                    // Out of takers' reach first: nobody is given half of one.
                    let leaving = "\(place.scratch)/\(UUID().uuidString.lowercased()).leaving"
                    guard rename("\(path)/\(name)", leaving) == 0 else { continue }
                    // What stays is the next start's to sweep.
                    do { try Storage.removeTree(leaving, within: place.scratch) } catch { continue }
                    bytes += size
                }
            }
        }
        return ByteCount(bytes: bytes)
    }

    /// Whether one more leaves room for what people ask for. `isExtra`: beyond the usual number, for which a disk that fills
    /// up has none.
    private nonisolated func hasRoom(_ engine: any Engine, isExtra: Bool) -> Bool {
        // A disk that cannot be asked takes nothing.
        guard let space = try? Storage.space(at: paths.freshPlace.root) else { return false }
        let least = 2 * engine.family.freshSize.bytes + Self.leftFree(of: space.size).bytes
        return space.free.bytes > (isExtra ? least + space.size.bytes / 10 : least)
    }

    private static func leftFree(of size: ByteCount) -> ByteCount {
        min(.mebibytes(256), ByteCount(bytes: size.bytes / 10))
    }

    // MARK: Making

    private nonisolated func names(_ engine: EngineIdentity) -> [String] {
        // Not there yet: none is ready.
        ((try? FileManager.default.contentsOfDirectory(atPath: paths.freshPlace.ready(engine))) ?? [])
            .filter { $0.hasPrefix("ready-") }.sorted()
    }

    /// One at a time a build: takers that come meanwhile wait for the same one.
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
        // Where the file system has subvolumes it is one, so that a server's whole directory can be imaged in one step.
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
            "Initialised a directory ahead",
            metadata: ["engine": "\(build.identity)", "took": "\(started.duration(to: .now))"])
    }
}
