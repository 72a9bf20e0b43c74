import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets
import RoostStore
import RoostTasks
import ServiceLifecycle

/// Puts the control plane together, in the order in which its parts need each other.
package struct Daemon {
    package let controlPlane: ControlPlane
    /// Long-lived parts; one that ends ends the daemon, and systemd starts it again.
    package let services: [any ServiceLifecycle.Service]
    private let ready: ReadyDirectories
    private let engineRoom: EngineRoom
    private let room: TemplateRoom
    private let importRoom: ImportRoom
    private let lock: HomeLock

    /// Takes the home for itself, reads its state and connects the parts. Starts nothing yet.
    package static func prepare(_ settings: DaemonSettings, logger: Logger) async throws(Problem) -> Daemon {
        let paths = settings.paths
        let lock = try takeHome(paths)
        try mountPool(paths, logger)
        try refuseLostStore(paths)
        let store: SQLiteStore
        do throws(StoreError) {
            store = try SQLiteStore.open(path: paths.store)
            try store.checkIntegrity()
        } catch { throw Problem(error) }
        try await DocumentMigration(store: store, logger: logger).run()
        let records = Records(store: store)
        let services = try await records.services().map(\.value)
        try refuseStrangers(paths, known: services)
        let key = try loadKey(paths, hasSecrets: !services.isEmpty)
        let board = StatusBoard()
        let events = EventLog(records: records, logger: logger)
        try await events.load()
        let feed = RouterFeed(paths: paths, program: settings.routerProgram, events: events, logger: logger)
        await feed.load(known: Set(services.map(\.id)))
        let pool = BlockingPool(threads: 4)
        let users = UserWatch(paths: paths, records: records, events: events, pool: pool, logger: logger)
        await users.look()
        // Copies of whole databases take minutes on a disk without reflinks, and must not stand before a restart.
        // More of them than copies byte by byte, as templates are sealed, so that clones do not wait for those.
        let bulk = BlockingPool(threads: 8)
        let catalog = EngineCatalog(addedBuilds: paths.engines)
        let initialiser = Machine.isRoot ? ServerUserRoles(pool: ServerUsers.pool()).initialiser : nil
        let ready = ReadyDirectories(
            paths: paths, wanted: settings.readyDirectories, user: initialiser, pool: bulk, logger: logger)
        await ready.sweep()
        let groups = ControlGroups.detect(homeTag: HomeFolder.tag(of: paths.home))
        let host = LocalHost(
            paths: paths, catalog: catalog, groups: groups,
            ready: ready, authority: try loadAuthority(paths, key),
            advertised: settings.advertisedHost.map { [$0] } ?? Machine.publicAddresses, pool: pool, bulk: bulk,
            guardProgram: settings.guardProgram, logger: logger)
        host.thawAll(services.flatMap { service in service.instances.map { InstanceID(service.id, $0.index) } })
        await host.sweepOnlineCopies(
            of: services.flatMap { service in service.instances.map { InstanceID(service.id, $0.index) } })
        await host.sweepBuilds()
        await host.dropDumps()
        try await CopyRemains(
            paths: paths, records: records, host: host, events: events, pool: bulk, logger: logger
        ).clear(services)
        let operations = Operations(records: records, board: board, logger: logger)
        let engineRoom = EngineRoom(
            paths: paths, catalog: catalog, operations: operations, events: events, ready: ready,
            user: initialiser, groups: groups, logger: logger)
        await engineRoom.sweep()
        let environmentFiles = EnvironmentFiles(
            records: records, paths: paths, catalog: catalog, key: key, publicHost: host.publicHost, logger: logger)
        let snapshots = Snapshots(records: records, host: host, events: events) { service throws(Problem) in
            try ReconcilerParts.secrets(of: service, key: key, now: Date())
        }
        let planner = InstancePlanner()
        let agent = HostAgent(parts: AgentParts(host: host, planner: planner, key: key, logger: logger))
        let parts = ReconcilerParts(
            records: records, agent: AgentLoopback(to: agent, logger: logger), host: host, feed: feed, board: board,
            events: events, planner: planner,
            key: key, operations: operations, snapshots: snapshots,
            routes: { catalog.routes(of: $0, gates: $1) },
            applicationChanged: { await environmentFiles.write($0) }, logger: logger,
            takeInternalPort: { allocations throws(Problem) in
                try allocations.takePort(from: settings.internalPorts, isFree: host.isFree)
            })
        let reconcilers = Reconcilers(parts: parts)
        let changes = ServiceChanges(
            records: records, operations: operations, files: environmentFiles)
        let copies = Clones(
            records: records, catalog: catalog, key: key, settings: settings, host: host, changes: changes,
            events: events, board: board)
        let wakeKeeper = Bell()
        let room = TemplateRoom(
            parts: .init(
                records: records, catalog: catalog, host: host, operations: operations, events: events,
                snapshots: snapshots, clones: copies, settings: settings, key: key, logger: logger,
                built: { _ in wakeKeeper.ring() }))
        let templateRoom = Templates(clones: copies, room: room)
        let keeper = CopyKeeper(clones: copies, templates: templateRoom, feed: feed, bell: wakeKeeper, logger: logger)
        let background = Background()
        let importRoom = ImportRoom(
            parts: .init(
                catalog: catalog, host: host, operations: operations, events: events, snapshots: snapshots,
                logger: logger))
        let controlPlane = ControlPlane(
            records: records, operations: operations, changes: changes, events: events,
            board: board, feed: feed,
            host: host, catalog: catalog, ready: ready, engineRoom: engineRoom, environmentFiles: environmentFiles,
            key: key,
            settings: settings, copies: copies, templateRoom: templateRoom, importRoom: importRoom,
            snapshotTaker: snapshots, keeper: keeper,
            background: background,
            logger: logger)
        let housekeeping = Housekeeping(
            paths: paths, records: records, store: store, key: key, events: events, host: host,
            logs: ServerLogs(paths: paths, pool: pool, parts: parts), users: users, pool: pool, logger: logger)
        return Daemon(
            controlPlane: controlPlane,
            services: [
                events, feed, operations, agent, reconcilers, housekeeping, keeper, background,
                Readiness(controlPlane: controlPlane, looks: services.map { board.updates(of: $0.id) }),
            ], ready: ready, engineRoom: engineRoom, room: room, importRoom: importRoom, lock: lock)
    }

    /// After the parts have ended: the home may be taken by another daemon.
    package func end() async {
        await engineRoom.stop()
        await room.stop()
        await importRoom.stop()
        await ready.stop()
        withExtendedLifetime(lock) {}
    }

    // MARK: The home

    private static func takeHome(_ paths: HomePaths) throws(Problem) -> HomeLock {
        do {
            // Told now, not at the first start of a server: as root, servers run as users who must pass through.
            try HomeFolder.check(paths.home, user: Machine.isRoot ? ServerUsers.pool().first : nil)
            try HomeFolder.refuseForeign(paths.home, ours: HomePaths.names)
            // Servers' users pass through the home and list nothing in it. One that stands keeps the mode it was given.
            if try Storage.look(at: paths.home) == nil {
                try Storage.makeFolder(paths.home, mode: 0o711, owner: nil)
            }
        } catch { throw Problem(.failed, "\(error)") }
        let lock: HomeLock
        do { lock = try HomeLock(home: paths.home) } catch {
            throw Problem(
                .daemonRunning, "\(error)", next: ["use the one that runs, or give this one another --home"])
        }
        do {
            for folder in [paths.applications, paths.engines, paths.engineWork, paths.builds, paths.sources] {
                try Storage.makeFolder(folder, mode: 0o711, owner: nil)
            }
            for folder in [paths.router, paths.images, paths.dumps, paths.imports] {
                try Storage.makeFolder(folder, mode: 0o700, owner: nil)
            }
            try Storage.makeFolder(paths.authority, mode: 0o711, owner: nil)
            // Made by an earlier version for itself alone. Programs of every user read the certificate in it; where the
            // mode cannot be changed, they take it from `roost ca`.
            _ = chmod(paths.authority, 0o711)
            try paths.homePlace.makeFolders()
        } catch { throw Problem(.failed, "the home folder could not be made ready: \(error)") }
        return lock
    }

    /// A pool that cannot be mounted keeps nobody from what stands in the home: its own services say what is missing.
    private static func mountPool(_ paths: HomePaths, _ logger: Logger) throws(Problem) {
        guard FileManager.default.fileExists(atPath: paths.poolImage) else { return }
        do {
            try PoolImage(home: paths.home).mount()
            try paths.poolPlace.makeFolders()
        } catch {
            logger.error("The pool could not be mounted", metadata: ["reason": "\(error)"])
        }
    }

    /// A home with databases and without a store has lost it: an empty one in its place would only hide that.
    private static func refuseLostStore(_ paths: HomePaths) throws(Problem) {
        guard !FileManager.default.fileExists(atPath: paths.store), !SQLiteStore.isBeingReplaced(paths.store) else {
            return
        }
        let standing = ManifestFolder(paths: paths).all()
        guard !standing.found.isEmpty || !standing.leftAlone.isEmpty || !TemplateFolder(paths: paths).all().isEmpty
        else { return }
        throw Problem(
            .storeUnreadable, "the store \(paths.store) is gone, and there are databases under \(paths.home)",
            next: ["roost recover --home \(paths.home)"])
    }

    /// A store that does not know a database in the home is an earlier one, or one that a recovery left half made. Going
    /// on with it would give that database's ports and user to others.
    private static func refuseStrangers(_ paths: HomePaths, known services: [RoostModel.Service]) throws(Problem) {
        let known = Set(services.map(\.uid))
        let strangers = ManifestFolder(paths: paths).all().found.filter { !known.contains($0.service.uid) }
        guard let first = strangers.first else { return }
        throw Problem(
            .storeUnreadable,
            "the store \(paths.store) does not know \(strangers.count) database(s) that stand under \(paths.home), "
                + "\(first.service.id) among them",
            next: ["roost recover --home \(paths.home)", "or move the folders that do not belong here elsewhere"])
    }

    /// A key is made for a new home alone: over sealed secrets a fresh key would only hide that theirs is lost.
    private static func loadKey(_ paths: HomePaths, hasSecrets: Bool) throws(Problem) -> HomeKey {
        do {
            return hasSecrets ? try HomeKey.load(path: paths.key) : try HomeKey.loadOrMake(path: paths.key)
        } catch {
            throw Problem(
                .failed, "the key file \(paths.key) cannot be used: \(error)",
                next: ["bring back the key file from a copy of the home folder"])
        }
    }

    private static func loadAuthority(_ paths: HomePaths, _ key: HomeKey) throws(Problem) -> CertificateAuthority {
        do { return try CertificateAuthority.loadOrMake(folder: paths.authority, key: key, now: Date()) } catch {
            throw Problem(.failed, "the internal CA in \(paths.authority) cannot be used: \(error)")
        }
    }
}

/// Tells that the daemon can serve once every service has been looked at, or after a while without those that hang.
private struct Readiness: ServiceLifecycle.Service {
    let controlPlane: ControlPlane
    /// Of every service known at the start, from before anybody looked: one that is forgotten at once is told of as well.
    let looks: [AsyncStream<ServiceReport?>]

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [looks] in
                for look in looks {
                    for await _ in look { break }
                }
            }
            group.addTask {
                // Ends early when cancelled.
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
        for engine in catalog.engines {
            // Only the newest build of each engine: others are made ready once a service uses them.
            if let build = engine.builds().first { await ready.refillSoon(engine: engine, build: build, after: .zero) }
        }
        do throws(Problem) {
            for application in try await records.applications() where !application.value.name.isOwn {
                await environmentFiles.write(application.value.name)
            }
        } catch {
            logger.warning("Environment files could not be written", metadata: ["reason": "\(error.message)"])
        }
        becomeReady()
        logger.info("Ready", metadata: ["home": "\(settings.home)", "version": "\(settings.version)"])
    }
}
