import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore
import RoostTasks
import ServiceLifecycle

/// The parts of the control plane that several features use, connected with each other.
struct Assembly: Sendable {
    let settings: DaemonSettings
    let machine: KnownMachine
    let engines: Engines
    let records: Records
    let key: HomeKey
    let logger: Logger
    let statusCache = StatusCache()
    let background = Background()
    let readiness = Readiness()
    let notifier: Notifier
    let notifyBook: NotifyBook
    let events: EventLog
    let feed: RouterFeed
    let users: UserWatch
    let operations: Operations
    let files: EnvironmentFiles
    let changes: ServiceChanges
    let snapshots: Snapshots
    let clones: Clones
    let templates: Templates
    let keeper: CopyKeeper
    let engineInstallations: EngineInstallations
    let importer: Importer
    let comparisons: Comparisons
    let comparisonBook: ComparisonBook

    /// Connects the parts; starts nothing yet.
    init(
        settings: DaemonSettings, machine: KnownMachine, records: Records, key: HomeKey, sender: any WebhookSender,
        logger: Logger
    ) {
        self.settings = settings
        self.machine = machine
        self.records = records
        self.key = key
        self.logger = logger
        let agent = machine.agent
        engines = Engines(of: machine)
        notifyBook = NotifyBook(records: records, key: key, daemonURLs: settings.notify)
        let notifier = Notifier(book: notifyBook, sender: sender, logger: logger)
        self.notifier = notifier
        events = EventLog(records: records, logger: logger) { notifier.take($0, $1) }
        feed = RouterFeed(machine: machine, events: events, logger: logger)
        users = UserWatch(agent: agent, records: records, events: events, logger: logger)
        operations = Operations(records: records, statusCache: statusCache, logger: logger)
        engineInstallations = EngineInstallations(agent: agent, operations: operations, events: events, logger: logger)
        files = EnvironmentFiles(records: records, machine: machine, key: key, logger: logger)
        snapshots = Snapshots(records: records, agent: agent, events: events)
        changes = ServiceChanges(
            records: records, operations: operations, files: files)
        clones = Clones(
            records: records, engines: engines, key: key, settings: settings, machine: machine, changes: changes,
            events: events, statusCache: statusCache)
        let wakeKeeper = WakeSignal()
        let builder = TemplateBuilder(
            parts: .init(
                records: records, machine: machine, engines: engines, operations: operations, events: events,
                snapshots: snapshots, clones: clones, settings: settings, key: key, logger: logger,
                built: { _ in wakeKeeper.ring() }))
        templates = Templates(clones: clones, builder: builder)
        keeper = CopyKeeper(clones: clones, templates: templates, feed: feed, wakeSignal: wakeKeeper, logger: logger)
        importer = Importer(
            parts: .init(
                agent: agent, operations: operations, events: events, snapshots: snapshots, logger: logger))
        comparisonBook = ComparisonBook(records: records)
        comparisons = Comparisons(agent: agent, operations: operations, events: events, book: comparisonBook)
    }

    /// Reads what earlier daemons left, and removes the remains of copies. `services`: the services in the store.
    /// Returns the work that begins again.
    func load(_ services: [RoostModel.Service]) async throws(Problem) -> [OperationRecord] {
        try await events.load()
        try await notifier.load()
        try await comparisonBook.load(services)
        try await feed.load(known: Set(services.map(\.id)))
        await users.look()
        let interrupted = try await operations.takeInterrupted()
        await templates.builder.adopt(interrupted.builds)
        await endSuperseded(interrupted)
        try await CopyRemains(
            records: records, machine: machine, events: events, resumed: Set(interrupted.map(\.info.id)), logger: logger
        ).clear(services)
        return interrupted
    }

    /// Ends builds in whose place a newer one of the same template goes on. There are such builds if the end of one
    /// could not be stored.
    private func endSuperseded(_ interrupted: [OperationRecord]) async {
        let kept = Set(interrupted.builds.values.map(\.id))
        for record in interrupted {
            guard case .buildTemplate = record.work, !kept.contains(record.info.id) else { continue }
            await operations.perform(record.info.id) { .failed("a newer build of the template took its place") }
        }
    }

    /// The long-lived parts. `services`: the services in the store.
    func parts(
        _ store: SQLiteStore, _ services: [RoostModel.Service], resuming interrupted: [OperationRecord]
    ) -> [any ServiceLifecycle.Service] {
        let parts = reconcilerParts()
        let reconcilers = Reconcilers(parts: parts)
        let housekeeping = Housekeeping(
            paths: settings.paths, records: records, store: store, key: key, events: events, agent: machine.agent,
            logs: ServerLogs(parts: parts), users: users,
            pauses: ExpiredPauses(records: records, changes: changes, events: events),
            comparisons: scheduledComparisons(), logger: logger)
        let startUp = StartUp(
            agent: machine.agent, records: records, files: files, readiness: readiness, settings: settings,
            logger: logger,
            interrupted: InterruptedWork(
                snapshots: interrupted.snapshots, builder: templates.builder, requests: snapshotRequests()),
            looks: services.map { statusCache.updates(of: $0.id) })
        return [events, notifier, feed, operations, reconcilers, housekeeping, keeper, background, startUp]
    }

    private func reconcilerParts() -> ReconcilerParts {
        ReconcilerParts(
            records: records, agent: machine.agent, boot: machine.facts.boot, feed: feed, statusCache: statusCache,
            events: events, planner: InstancePlanner(), operations: operations, snapshots: snapshots,
            routes: { [engines] in engines.known.routes(of: $0, gates: $1) },
            applicationChanged: { [files] in await files.write($0) }, logger: logger,
            takeInternalPort: { [machine, settings] allocations async throws(Problem) in
                let free = try await FreePorts.ask(
                    machine, for: [(settings.internalPorts, 1)], besides: allocations.ports)
                return try allocations.takePort(from: settings.internalPorts, isFree: free.contains)
            },
            takeMember: { [machine, settings] index, allocations async throws(Problem) in
                let free = try await FreePorts.ask(
                    machine, for: [(settings.ports, 1), (settings.internalPorts, 1)], besides: allocations.ports)
                return ServiceStatus.Member(
                    index: index, host: "local",
                    port: try allocations.takePort(from: settings.ports, isFree: free.contains),
                    internalPort: try allocations.takePort(from: settings.internalPorts, isFree: free.contains),
                    serverID: allocations.takeServerID(), uid: Passwords.identifier(bytes: 8))
            })
    }

    /// Ends the work that was asked of the agent; called after the parts have ended.
    func end() async {
        await engineInstallations.stop()
        await templates.builder.stop()
        await importer.stop()
        await comparisons.stop()
    }
}
