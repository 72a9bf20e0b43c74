import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore
import RoostTasks
import ServiceLifecycle

/// Puts the control plane together, in the order in which its parts need each other.
package struct Daemon {
    package let controlPlane: ControlPlane
    /// Long-lived parts. The end of any of them ends the daemon, and systemd starts it again.
    package let services: [any ServiceLifecycle.Service]
    private let engineRoom: EngineRoom
    private let room: TemplateRoom
    private let importRoom: ImportRoom

    /// Reads the home's state and connects the parts; starts nothing yet. `agent`: the machine's agent, which has
    /// taken the home for itself.
    package static func prepare(
        _ settings: DaemonSettings, agent: any Agent, logger: Logger
    ) async throws(Problem) -> Daemon {
        let paths = settings.paths
        let machine = KnownMachine(agent: agent, facts: try await agent.hello())
        let engines = Engines(of: machine)
        let store = try await openStore(paths, agent, logger)
        let records = Records(store: store)
        let services = try await records.services().map(\.value)
        try await refuseStrangers(paths, agent, known: services)
        let key = try loadKey(paths, hasSecrets: !services.isEmpty)
        _ = try await agent.call(Unlock())
        let board = StatusBoard()
        let events = EventLog(records: records, logger: logger)
        try await events.load()
        let feed = RouterFeed(machine: machine, events: events, logger: logger)
        try await feed.load(known: Set(services.map(\.id)))
        let users = UserWatch(agent: agent, records: records, events: events, logger: logger)
        await users.look()
        let operations = Operations(records: records, board: board, logger: logger)
        let interrupted = try await operations.takeInterrupted()
        try await CopyRemains(
            records: records, machine: machine, events: events, resumed: Set(interrupted.map(\.info.id)), logger: logger
        ).clear(services)
        let engineRoom = EngineRoom(agent: agent, operations: operations, events: events, logger: logger)
        let environmentFiles = EnvironmentFiles(records: records, machine: machine, key: key, logger: logger)
        let snapshots = Snapshots(records: records, agent: agent, events: events)
        let planner = InstancePlanner()
        let parts = ReconcilerParts(
            records: records, agent: agent, boot: machine.facts.boot, feed: feed, board: board, events: events,
            planner: planner, operations: operations, snapshots: snapshots,
            routes: { engines.known.routes(of: $0, gates: $1) },
            applicationChanged: { await environmentFiles.write($0) }, logger: logger,
            takeInternalPort: { allocations async throws(Problem) in
                let free = try await FreePorts.ask(
                    machine, for: [(settings.internalPorts, 1)], besides: allocations.ports)
                return try allocations.takePort(from: settings.internalPorts, isFree: free.contains)
            },
            takeMember: { index, allocations async throws(Problem) in
                let free = try await FreePorts.ask(
                    machine, for: [(settings.ports, 1), (settings.internalPorts, 1)], besides: allocations.ports)
                return ServiceStatus.Member(
                    index: index, host: "local",
                    port: try allocations.takePort(from: settings.ports, isFree: free.contains),
                    internalPort: try allocations.takePort(from: settings.internalPorts, isFree: free.contains),
                    serverID: allocations.takeServerID(), uid: Passwords.identifier(bytes: 8))
            })
        let reconcilers = Reconcilers(parts: parts)
        let changes = ServiceChanges(
            records: records, operations: operations, files: environmentFiles)
        let copies = Clones(
            records: records, engines: engines, key: key, settings: settings, machine: machine, changes: changes,
            events: events, board: board)
        let wakeKeeper = Bell()
        let room = TemplateRoom(
            parts: .init(
                records: records, machine: machine, engines: engines, operations: operations, events: events,
                snapshots: snapshots, clones: copies, settings: settings, key: key, logger: logger,
                built: { _ in wakeKeeper.ring() }), interrupted: interrupted.builds)
        let templateRoom = Templates(clones: copies, room: room)
        let keeper = CopyKeeper(clones: copies, templates: templateRoom, feed: feed, bell: wakeKeeper, logger: logger)
        let background = Background()
        let importRoom = ImportRoom(
            parts: .init(
                agent: agent, operations: operations, events: events, snapshots: snapshots, logger: logger))
        let controlPlane = ControlPlane(
            records: records, operations: operations, changes: changes, events: events,
            board: board, feed: feed,
            machine: machine, engines: engines, engineRoom: engineRoom, environmentFiles: environmentFiles, key: key,
            settings: settings, copies: copies, templateRoom: templateRoom, importRoom: importRoom,
            snapshotTaker: snapshots, keeper: keeper,
            background: background,
            logger: logger)
        let housekeeping = Housekeeping(
            paths: paths, records: records, store: store, key: key, events: events, agent: agent,
            logs: ServerLogs(parts: parts), users: users, logger: logger)
        return Daemon(
            controlPlane: controlPlane,
            services: [
                events, feed, operations, reconcilers, housekeeping, keeper, background,
                Readiness(controlPlane: controlPlane, looks: services.map { board.updates(of: $0.id) }),
            ], engineRoom: engineRoom, room: room, importRoom: importRoom)
    }

    /// Ends the work that was asked of the agent; called after the parts have ended.
    package func end() async {
        await engineRoom.stop()
        await room.stop()
        await importRoom.stop()
    }

    // MARK: The state

    private static func openStore(
        _ paths: StatePaths, _ agent: any Agent, _ logger: Logger
    ) async throws(Problem) -> SQLiteStore {
        try await refuseLostStore(paths, agent)
        let store: SQLiteStore
        do throws(StoreError) {
            store = try SQLiteStore.open(path: paths.store)
            try store.checkIntegrity()
        } catch { throw Problem(error) }
        try await DocumentMigration(store: store, logger: logger).run()
        return store
    }

    /// A home with databases but without a store has lost its store; an empty store in its place would only hide
    /// that.
    private static func refuseLostStore(_ paths: StatePaths, _ agent: any Agent) async throws(Problem) {
        guard !FileManager.default.fileExists(atPath: paths.store), !SQLiteStore.isBeingReplaced(paths.store) else {
            return
        }
        let standing = try await agent.call(ReadManifests())
        let templates = try await agent.call(ListTemplateVersions())
        guard !standing.found.isEmpty || !standing.leftAlone.isEmpty || !templates.isEmpty else { return }
        throw Problem(
            .storeUnreadable, "the store \(paths.store) is missing, but there are databases under \(paths.home)",
            next: ["roost recover --home \(paths.home)"])
    }

    /// A store that does not know a database in the home is an older store, or an unfinished result of a recovery.
    /// Running with it would give that database's ports and user to others.
    private static func refuseStrangers(
        _ paths: StatePaths, _ agent: any Agent, known services: [RoostModel.Service]
    ) async throws(Problem) {
        let known = Set(services.map(\.uid))
        let strangers = try await agent.call(ReadManifests()).found.map(\.manifest.service)
            .filter { !known.contains($0.uid) }
        guard let first = strangers.first else { return }
        throw Problem(
            .storeUnreadable,
            "the store \(paths.store) does not contain \(strangers.count) database(s) found under \(paths.home), "
                + "for example \(first.id)",
            next: ["roost recover --home \(paths.home)", "or move folders that do not belong here elsewhere"])
    }

    /// A key is made for a new home only: where sealed secrets exist, a new key would hide the loss of the old one.
    private static func loadKey(_ paths: StatePaths, hasSecrets: Bool) throws(Problem) -> HomeKey {
        do {
            return hasSecrets ? try HomeKey.load(path: paths.key) : try HomeKey.loadOrMake(path: paths.key)
        } catch {
            throw Problem(
                .failed, "the key file \(paths.key) cannot be used: \(error)",
                next: ["restore the key file from a backup of the home folder"])
        }
    }
}

/// Declares the daemon ready once every service has been looked at, or after ten seconds without services that hang.
private struct Readiness: ServiceLifecycle.Service {
    let controlPlane: ControlPlane
    /// Updates of every service known at the start, from before anybody looked: the removal of a service counts as a
    /// look.
    let looks: [AsyncStream<ServiceReport?>]

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [looks] in
                for look in looks {
                    for await _ in look { break }
                }
            }
            group.addTask {
                // If the task is cancelled, the sleep ends early.
                try? await Task.sleep(for: .seconds(10))
            }
            await group.next()
            group.cancelAll()
        }
        await controlPlane.startUp()
        try await gracefulShutdown()
    }
}

extension ControlPlane {
    /// Repairs what a daemon that died may have left behind, and declares readiness.
    fileprivate func startUp() async {
        do throws(Problem) { _ = try await agent.call(MakeReady()) } catch {
            logger.warning("Data directories cannot be created in advance", metadata: ["reason": "\(error.message)"])
        }
        do throws(Problem) {
            for application in try await records.applications() where !application.value.name.isOwn {
                await environmentFiles.write(application.value.name)
            }
        } catch {
            logger.warning("Environment files could not be written", metadata: ["reason": "\(error.message)"])
        }
        await templateRoom.room.resume()
        becomeReady()
        logger.info("Ready", metadata: ["home": "\(settings.home)", "version": "\(settings.version)"])
    }
}
