import Logging
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel

/// The parts of a home's agent, put together. Wiring only: no part is given this value.
struct HomeParts: Sendable {
    let ready: ReadyDirectories
    let secrets: HomeSecrets
    let host: LocalHost
    private let settings: AgentSettings
    private let logger: Logger
    private let disk: HomeDisk
    private let reserve: DiskReserve
    private let plans: ServerPlans
    private let artifacts: Artifacts
    private let installer: EngineInstaller

    init(_ settings: AgentSettings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
        let paths = settings.paths
        // Copies of whole databases take minutes on a disk without reflinks, and must not delay a restart. There are
        // more threads than copies byte by byte, as when templates are sealed, so that clones do not wait for those.
        disk = HomeDisk(paths: paths, pool: BlockingPool(threads: 4), bulk: BlockingPool(threads: 8))
        let catalog = EngineCatalog(addedBuilds: paths.engines)
        let initialiser = Machine.isRoot ? ServerUserRoles(pool: ServerUsers.pool()).initialiser : nil
        ready = ReadyDirectories(
            paths: paths, wanted: settings.readyDirectories, user: initialiser, pool: disk.bulk, logger: logger)
        let groups = ControlGroups.detect(homeTag: HomeFolder.tag(of: paths.home))
        secrets = HomeSecrets(paths: paths)
        let advertised = settings.advertisedHost.map { [$0] } ?? Machine.publicAddresses
        reserve = DiskReserve(disk: disk, ready: ready, logger: logger)
        plans = ServerPlans(
            disk: disk, catalog: catalog, groups: groups,
            certificates: ServerCertificates(disk: disk, secrets: secrets, advertised: advertised),
            publicHost: advertised.first ?? "127.0.0.1")
        let scripts = Scripts(disk: disk, catalog: catalog, groups: groups)
        artifacts = Artifacts(disk: disk, scripts: scripts, logger: logger)
        host = LocalHost(
            disk: disk, plans: plans, reserve: reserve, ready: ready,
            layouts: Layouts(disk: disk, artifacts: artifacts, scripts: scripts),
            snapshotTaking: SnapshotTaking(
                disk: disk, plans: plans, reserve: reserve, guardProgram: settings.guardProgram, logger: logger),
            logger: logger)
        installer = EngineInstaller(
            paths: paths, catalog: catalog, ready: ready, user: initialiser, groups: groups, logger: logger)
    }

    /// Registers the answers to calls that are not about one instance's work.
    func register(in calls: inout CallTable, _ boards: AgentBoards) {
        let storage = HomeStorage(disk: disk, reserve: reserve, logger: logger)
        let snapshots = SnapshotStore(disk: disk, logger: logger)
        let templates = TemplateStore(disk: disk, logger: logger)
        let server = TemplateServer(
            host: host, plans: plans, disk: disk, reserve: reserve, ready: ready, logger: logger)
        let dumps = DumpStore(disk: disk, reserve: reserve, logger: logger)
        let remains = remains(storage, snapshots, templates, server, dumps)
        let engines = EngineAnswers(catalog: plans.catalog, installer: installer, ready: ready, boards: boards)

        HomeAnswers(paths: disk.paths, secrets: secrets, remains: remains, boards: boards).register(in: &calls)
        machine(engines, boards).register(in: &calls)
        StorageAnswers(storage: storage, boards: boards).register(in: &calls)
        engines.register(in: &calls)
        AccountAnswers(users: InstanceUsers(plans: plans), secrets: secrets).register(in: &calls)
        ComparisonAnswers(plans: plans, secrets: secrets, boards: boards).register(in: &calls)
        SnapshotAnswers(snapshots: snapshots, taking: host.snapshotTaking, boards: boards).register(in: &calls)
        TemplateAnswers(templates: templates, server: server, secrets: secrets, boards: boards).register(in: &calls)
        DumpAnswers(
            dumps: dumps, watched: settings.dumps ?? disk.paths.dumps, host: host, secrets: secrets, boards: boards
        ).register(in: &calls)
        CustomAnswers(
            artifacts: artifacts, layouts: host.layouts, snapshots: snapshots, secrets: secrets, boards: boards
        ).register(in: &calls)
    }

    private func machine(_ engines: EngineAnswers, _ boards: AgentBoards) -> MachineAnswers {
        let machine = LocalMachine(disk: disk, groups: plans.groups, publicHost: plans.publicHost)
        let doctor = Doctor(disk: disk, catalog: plans.catalog, groups: plans.groups) { [host] in host.withoutView() }
        return MachineAnswers(
            machine: machine, doctor: doctor, host: host, engines: engines,
            router: RouterProcess(paths: disk.paths, program: settings.routerProgram, logger: logger), boards: boards,
            logger: logger)
    }

    private func remains(
        _ storage: HomeStorage, _ snapshots: SnapshotStore, _ templates: TemplateStore, _ server: TemplateServer,
        _ dumps: DumpStore
    ) -> HomeRemains {
        let taking = host.snapshotTaking
        return HomeRemains(sweeps: [
            { [ready] _ in await ready.sweep() },
            { job in taking.thawAll(job.instances) },
            { job in await taking.sweepOnlineCopies(of: job.instances) },
            { [artifacts] _ in await artifacts.sweepBuilds() },
            { _ in await dumps.dropDumps() },
            { _ in await server.sweepBuilds() },
            { job in await templates.sweepVersions(keeping: job.templates) },
            { _ in await storage.sweepHalves() },
            { job in await snapshots.sweepHalves(keeping: job.snapshots) },
            { [installer] _ in await installer.sweep() },
        ])
    }
}
