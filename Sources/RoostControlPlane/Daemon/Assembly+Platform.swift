import RoostModel

/// The handlers of the API's calls, each with the parts that it uses.
extension Assembly {
    func platform() -> Platform {
        let services = ServiceRegistry(records: records, changes: changes, statusCache: statusCache)
        let descriptions = Descriptions(
            statusCache: statusCache, files: files, machine: machine, comparisons: comparisonBook)
        let destruction = Destruction(records: records, changes: changes, events: events, statusCache: statusCache)
        let offers = ClientOffers(agent: machine.agent, files: files, key: key)
        let sources = CloneSources(records: records)
        let applications = ApplicationHandler(
            records: records, machine: machine, files: files, events: events, descriptions: descriptions,
            destruction: destruction)
        let snapshots = snapshotHandler(services, applications)
        let clones = CloneHandler(
            clones: self.clones, sources: sources,
            reader: CloneRequestReader(
                clones: self.clones, templates: templates, services: services, engines: engines),
            descriptions: descriptions, keeper: keeper, events: events, quotas: settings.quotas)
        return Platform(
            applications: applications,
            pushes: pushHandler(),
            services: ServiceHandler(
                records: records, descriptions: descriptions, destruction: destruction, offers: offers),
            instances: instanceHandler(services),
            pauses: PauseHandler(records: records, changes: changes, descriptions: descriptions, events: events),
            accounts: AccountHandler(
                records: records, services: services, engines: engines, key: key, events: events,
                agent: machine.agent),
            imports: ImportHandler(
                records: records, services: services, engines: engines, importer: importer, agent: machine.agent),
            snapshots: snapshots,
            clones: clones,
            cloneServers: CloneServerHandler(
                clones: self.clones, services: services, snapshots: snapshots.requests, restores: snapshots.restores,
                offers: offers, events: events),
            myaas: clones,
            templates: TemplateHandler(
                templates: templates, clones: self.clones, sources: sources, engines: engines, keeper: keeper,
                events: events),
            storage: StorageHandler(
                services: services, machine: machine, operations: operations, events: events, background: background),
            operations: OperationHandler(operations: operations, events: events, clones: clones),
            events: events,
            notifications: NotifyHandler(book: notifyBook, notifier: notifier, deliverer: notifier.deliverer),
            engines: EngineHandler(
                records: records, engines: engines, installations: engineInstallations,
                internalPorts: settings.internalPorts,
                agent: machine.agent),
            machine: MachineHandler(
                records: records, machine: machine, statusCache: statusCache, feed: feed, version: settings.version),
            access: AccessHandler(records: records, events: events),
            isReady: { [readiness] in readiness.isReady })
    }

    private func instanceHandler(_ services: ServiceRegistry) -> InstanceHandler {
        InstanceHandler(
            records: records, services: services, engines: engines, events: events, agent: machine.agent,
            comparisons: comparisons)
    }

    func scheduledComparisons() -> ScheduledComparisons {
        let services = ServiceRegistry(records: records, changes: changes, statusCache: statusCache)
        let instances = instanceHandler(services)
        return ScheduledComparisons(
            records: records, statusCache: statusCache, comparisons: comparisons, book: comparisonBook,
            begin: { id async throws(Problem) in try await instances.verifyReplication(id) }, logger: logger)
    }

    private func pushHandler() -> PushHandler {
        let ports = CustomPorts(records: records, machine: machine, settings: settings, logger: logger)
        let custom = CustomReleases(records: records, agent: machine.agent, operations: operations, ports: ports)
        return PushHandler(
            records: records, engines: engines, operations: operations,
            checks: PushChecks(machine: machine, engines: engines, custom: custom), custom: custom,
            documents: PushDocuments(
                records: records, changes: changes, events: events, statusCache: statusCache, quotas: settings.quotas,
                creation: ServiceCreation(
                    machine: machine, engines: engines, key: key, settings: settings, ports: ports)))
    }

    func snapshotRequests() -> SnapshotRequests {
        SnapshotRequests(
            services: ServiceRegistry(records: records, changes: changes, statusCache: statusCache),
            operations: operations,
            taker: snapshots, snapshots: keptSnapshots(), background: background, logger: logger)
    }

    private func keptSnapshots() -> KeptSnapshots {
        KeptSnapshots(records: records, agent: machine.agent, clones: clones, events: events)
    }

    private func snapshotHandler(
        _ services: ServiceRegistry, _ applications: any ApplicationsAPI
    ) -> SnapshotHandler {
        SnapshotHandler(
            records: records, snapshots: keptSnapshots(), requests: snapshotRequests(),
            restores: RestoreRequests(
                records: records, services: services, engines: engines, events: events,
                returns: ServiceReturn(
                    applications: applications, records: records, changes: changes, events: events, machine: machine,
                    settings: settings),
                agent: machine.agent))
    }
}
