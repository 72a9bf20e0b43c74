import Foundation
import Logging
import RoostAgentProtocol
import RoostModel
import RoostSecrets
import RoostStore
import ServiceLifecycle

/// Periodic work: ends pauses, begins scheduled comparisons, removes expired snapshots, rotates full logs, copies the store.
package struct Housekeeping: ServiceLifecycle.Service {
    private static let interval: Duration = .seconds(30)

    let paths: StatePaths
    let records: Records
    let store: SQLiteStore
    let key: HomeKey
    let events: EventLog
    let agent: any Agent
    let logs: ServerLogs
    let users: UserWatch
    let pauses: ExpiredPauses
    let comparisons: ScheduledComparisons
    let logger: Logger

    package func run() async throws {
        var copied: Int64 = -1
        for await _ in ticks().cancelOnGracefulShutdown() {
            // If the home's disk was taken away, its path is another folder: nothing is written to it or removed from
            // it.
            if case .unknown(let reason) = await place() {
                await tellAway(reason)
                continue
            }
            await task("check the store and the key") { try await lookAfterFiles() }
            await task("end pauses") { try await pauses.end(at: Date()) }
            await task("compare members") { try await comparisons.look(at: Date()) }
            await task("remove expired snapshots") { try await removeExpiredSnapshots() }
            await users.look()
            await task("remove images") { try await removeImages() }
            await task("rotate logs") { try await logs.rotate() }
            await task("trim servers' change logs") { try await logs.trim() }
            await task("copy the store") {
                let revision = try await store.revision()
                guard revision != copied else { return }
                try await store.backUp(to: paths.storeCopy)
                copied = revision
            }
        }
    }

    /// The place of the store, as read from the disk.
    @concurrent private func place() async -> StorePlace { store.place }

    /// Writes the key file again if it is gone. True if it was gone.
    @concurrent private func putBackKey() async throws(SecretsError) -> Bool { try key.putBack(path: paths.key) }

    private func tellAway(_ reason: String) async {
        logger.error("The home folder is not available", metadata: ["reason": "\(reason)"])
        await events.add(
            "home_away", "\(reason); roostd writes nothing there. Mount the disk again, then restart roostd")
    }

    private func ticks() -> AsyncStream<Void> {
        AsyncStream {
            // If the task is cancelled, the sleep ends early.
            try? await Task.sleep(for: Self.interval)
            return Task.isCancelled ? nil : ()
        }
    }

    private func task(_ name: String, _ work: () async throws -> Void) async {
        do { try await work() } catch {
            logger.warning("A housekeeping task failed", metadata: ["task": "\(name)", "reason": "\(error)"])
        }
    }

    private func removeExpiredSnapshots() async throws {
        // If the store cannot be read, nothing is removed.
        let needed = try await records.snapshotsInUse()
        let removed = try await agent.run(RemoveExpiredSnapshots(needed: needed, now: Date()))
        for snapshot in removed {
            await events.add(
                "snapshot_removed", "snapshot \(snapshot.id) was removed: it expired",
                service: snapshot.manifest.service.id)
        }
    }

    /// Writes files anew that this daemon has open, or in memory, and that were removed: the next start needs them.
    private func lookAfterFiles() async throws {
        if await place() == .displaced {
            let aside = try await store.writeAnew()
            let kept = aside.map { "; the file in its place was kept as \($0)" } ?? ""
            let text =
                "the store \(paths.store) was removed or replaced while roostd was running; it was written again\(kept)"
            logger.error("The store was missing and was written again", metadata: ["path": "\(paths.store)"])
            await events.add("store_rewritten", text)
        }
        if try await putBackKey() {
            logger.error("The key file was missing and was written again", metadata: ["path": "\(paths.key)"])
            await events.add(
                "key_rewritten", "the key file \(paths.key) was removed while roostd was running; it was written again")
        }
    }

    /// Removes artifacts that no service uses; the agent also keeps those of snapshots.
    private func removeImages() async throws {
        let services = try await records.services().map(\.value)
        _ = try await agent.call(RemoveImages(except: Set(services.compactMap { $0.settings.custom?.image })))
    }
}
