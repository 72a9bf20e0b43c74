import Foundation
import Logging
import RoostHost
import RoostModel
import RoostSecrets
import RoostStore
import ServiceLifecycle

/// What has to be done now and then: expired snapshots, full logs, a copy of the store.
package struct Housekeeping: ServiceLifecycle.Service {
    private static let interval: Duration = .seconds(30)

    let paths: HomePaths
    let records: Records
    let store: SQLiteStore
    let key: HomeKey
    let events: EventLog
    let host: any MachineHost
    let logs: ServerLogs
    let users: UserWatch
    let pool: BlockingPool
    let logger: Logger

    package func run() async throws {
        var copied: Int64 = -1
        for await _ in ticks().cancelOnGracefulShutdown() {
            // Under a home whose disk was taken away there is another folder: nothing is written to it or removed from it.
            // The pool ends with the daemon alone.
            guard let place = try? await pool.run({ [store] in store.place }) else { continue }
            if case .unknown(let reason) = place {
                await tellAway(reason)
                continue
            }
            await task("look after the store and the key") { try await lookAfterFiles() }
            await task("remove expired snapshots") { try await removeExpiredSnapshots() }
            await users.look()
            await task("remove images") { try await removeImages() }
            await task("rotate logs") { try await logs.rotate() }
            await task("trim servers' logs of changes") { try await logs.trim() }
            await task("copy the store") {
                let revision = try await store.revision()
                guard revision != copied else { return }
                try await store.backUp(to: paths.storeCopy)
                copied = revision
            }
        }
    }

    private func tellAway(_ reason: String) async {
        logger.error("The home folder cannot be looked after", metadata: ["reason": "\(reason)"])
        await events.add(
            "home_away", "\(reason); nothing is written anew in its place. Bring the disk back, then restart roostd")
    }

    private func ticks() -> AsyncStream<Void> {
        AsyncStream {
            // Ends when cancelled.
            try? await Task.sleep(for: Self.interval)
            return Task.isCancelled ? nil : ()
        }
    }

    private func task(_ name: String, _ work: () async throws -> Void) async {
        do { try await work() } catch {
            logger.warning("Housekeeping could not do a task", metadata: ["task": "\(name)", "reason": "\(error)"])
        }
    }

    private func removeExpiredSnapshots() async throws {
        // Where the store cannot be read nothing is removed.
        let needed = try await records.snapshotsInUse()
        let removed = try await pool.run { [paths, logger] in
            try SnapshotFolder(paths: paths).removeExpired(now: Date(), needed: needed) { record, error in
                logger.warning(
                    "An expired snapshot could not be removed",
                    metadata: ["snapshot": "\(record.id)", "reason": "\(error)"])
            }
        }
        for snapshot in removed {
            await events.add(
                "snapshot_removed", "snapshot \(snapshot.id) was removed: its time was over",
                service: snapshot.manifest.service.id)
        }
    }

    /// Files that this daemon has open, or in memory, and that somebody removed: the next start would not find them.
    private func lookAfterFiles() async throws {
        if store.place == .displaced {
            let aside = try await store.writeAnew()
            let kept = aside.map { "; what stood in its place is kept as \($0)" } ?? ""
            let text = "the store \(paths.store) was removed or replaced while roostd ran, and is written anew\(kept)"
            logger.error("The store was gone and is written anew", metadata: ["path": "\(paths.store)"])
            await events.add("store_rewritten", text)
        }
        if try await pool.run({ [paths, key] in try key.putBack(path: paths.key) }) {
            logger.error("The key file was gone and is written anew", metadata: ["path": "\(paths.key)"])
            await events.add(
                "key_rewritten", "the key file \(paths.key) was removed while roostd ran, and is written anew")
        }
    }

    /// A snapshot of a custom service holds its data, and names the image that belongs to them.
    private func removeImages() async throws {
        let snapshots = try await pool.run { [paths] in try SnapshotFolder(paths: paths).read() }
        // Which image such a snapshot needs is not known: none is removed.
        guard snapshots.unreadable.isEmpty else { return }
        let services = try await records.services().map(\.value) + snapshots.records.map(\.manifest.service)
        try await host.removeImages(except: Set(services.compactMap { $0.settings.custom?.image }))
    }
}
