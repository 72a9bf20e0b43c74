import Foundation
import RoostAgentProtocol
import RoostBuildFile
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore

extension ControlPlane {
    /// Reads the whole file, asks the engines about their settings, and only then stores anything.
    package func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer {
        let engines = try await engines.now()
        let (file, needed) = try await withImages(try read(request, engines), name, request)
        guard needed.isEmpty else {
            _ = try await findApplication(name)
            return PushAnswer(changes: [], notes: [], operation: nil, neededSources: needed)
        }
        return try await records.again { () async throws(Problem) in
            let application = try await findPushable(name)
            let standing = try await records.services(of: name)
            let plan = try await plan(file, standing.map(\.value), engines)
            try await check(plan, file, request, engines)
            if request.dryRun ?? false { return PushAnswer(changes: plan.changes, notes: plan.notes, operation: nil) }
            guard plan.confirmations.isEmpty || request.yes ?? false else {
                throw Problem(
                    .confirmationNeeded, plan.confirmations.joined(separator: "; "), next: ["roost push --yes"])
            }
            let releases = releases(plan, file, name, request)
            let operation: OperationInfo? =
                try await needsPreparation(releases)
                ? try await prepareAndStore(file, name, releases, engines)
                : try await store(plan, file, application, standing, engines)?.info
            return PushAnswer(changes: plan.changes, notes: plan.notes, operation: operation)
        }
    }

    private func findPushable(_ name: ApplicationName) async throws(Problem) -> Versioned<Application> {
        let application = try await findApplication(name)
        guard !application.value.isEnding else {
            throw Problem(.conflict, "application '\(name)' is being destroyed", next: ["roost ls"])
        }
        return application
    }

    /// Prepares the releases before anything is stored: once the documents change, only the start can still fail.
    private func prepareAndStore(
        _ file: BuildFile, _ name: ApplicationName, _ releases: [CustomRelease], _ engines: EngineInventory
    ) async throws(Problem) -> OperationInfo {
        let journal = try operations.journal(
            "push", application: name, service: nil, targets: [],
            interruption: "roostd was restarted while it was being prepared; nothing was changed, push again")
        try await records.commit([journal.write])
        await operations.follow(journal.record) { record throws(Problem) in
            var reserved: ReservedPorts = [:]
            do throws(Problem) {
                try await self.prepare(releases, record, reserved: &reserved)
                return try await self.records.again { () async throws(Problem) in
                    let application = try await self.findPushable(name)
                    // The plan is made again from the services that are stored now.
                    let standing = try await self.records.services(of: name)
                    let plan = try await self.plan(file, standing.map(\.value), engines)
                    return try await self.store(
                        plan, file, application, standing, engines, into: record, reserved: reserved) ?? record
                }
            } catch {
                await self.giveBack(reserved, name)
                throw error
            }
        }
        return journal.record.info
    }

    package func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer {
        let service = try await findService(id).value
        let family = engines.known.family(named: service.engine.name)
        let minimum = family?.minimumMemory ?? ByteCount(bytes: 1)
        let plan = try ScalePlan.make(
            request, service: service, minimumMemory: minimum, mostInstances: family?.mostInstances ?? 1)
        let change = ServiceChange(
            service: "\(id.service)", kind: plan.fields.isEmpty ? .none : .change, fields: plan.fields)
        if request.dryRun ?? false || plan.fields.isEmpty {
            return PushAnswer(changes: [change], notes: [], operation: nil)
        }
        try await check(plan.settings, service.engine, of: "\(id.service)")
        let operation = try await wish("scale", for: id) { spec, service throws(Problem) in
            // The plan is made again from the stored service: another request may have changed other keys meanwhile.
            spec.settings = try ScalePlan.make(
                request, service: service, minimumMemory: minimum, mostInstances: family?.mostInstances ?? 1
            ).settings
        }
        await events.add(
            "scaled",
            "\(id.service): " + plan.fields.map { "\($0.key) is now \($0.to ?? "default")" }.joined(separator: ", "),
            service: id)
        return PushAnswer(changes: [change], notes: [], operation: operation)
    }

    // MARK: Reading and planning

    private func read(_ request: PushRequest, _ engines: EngineInventory) throws(Problem) -> BuildFile {
        switch BuildFileReader.read(request.buildFile, fileName: request.fileName, rules: engines.typeRules) {
        case .success(let file): return file
        case .failure(let error): throw error.problem
        }
    }

    private func plan(
        _ file: BuildFile, _ standing: [Service], _ engines: EngineInventory
    ) async throws(Problem) -> PushPlan {
        let upgrades = try await UpgradePaths.ask(machine, for: file, standing, engines)
        let plan = PushPlan.make(
            declared: file, standing: standing, defaultMemory: { engines.defaultMemory(of: $0) },
            upgrades: { upgrades.target(of: $0, to: $1) })
        switch plan {
        case .success(let plan): return plan
        case .failure(let error): throw error.problem
        }
    }

    /// Asks the engine about settings. A command in its error message is addressed to the service or clone `name`.
    func check(_ settings: ServiceSettings, _ engine: EngineIdentity, of name: String) async throws(Problem) {
        do throws(Problem) {
            _ = try await agent.call(
                CheckConfiguration(config: settings.config, memory: settings.memory, engine: engine))
        } catch {
            throw Problem(error.code, Hint.addressed(error.message, to: name), next: error.nextSteps)
        }
    }

    /// Checks every service's settings against its own engine; all errors are reported at once.
    private func check(
        _ plan: PushPlan, _ file: BuildFile, _ request: PushRequest, _ engines: EngineInventory
    ) async throws(Problem) {
        var diagnostics = try await packageDiagnostics(file, request) + clashes(plan, file)
        for declared in file.services {
            guard let wanted = plan.settings(of: declared.name) else { continue }
            do throws(Problem) {
                let engine = try engine(for: declared, plan, engines)
                // Names are checked for new services only: an existing service keeps its name.
                if plan.creations.contains(where: { $0.name == declared.name }),
                    let fault = nameFault(declared.name, type: declared.type, engine)
                {
                    diagnostics.append(file.diagnostic(declared, fault))
                }
                // Extensions are checked before the configuration: an error of that check does not say which key it
                // is about.
                if let refusal = try await extensionRefusal(wanted, engine) {
                    diagnostics.append(file.diagnostic(declared, key: "extensions", refusal))
                }
                try await check(wanted, engine, of: "\(declared.name)")
            } catch  where error.code == .configRefused || error.code == .engineNotFound {
                let key = error.code == .configRefused ? "config" : "version"
                diagnostics.append(file.diagnostic(declared, key: key, error.message))
            }
        }
        guard diagnostics.isEmpty else { throw BuildFileInvalid(diagnostics: diagnostics).problem }
    }

    /// The engine's rules for owner names apply because the service's default database has the service's name.
    private func nameFault(_ name: ServiceName, type: ServiceType, _ engine: EngineIdentity) -> String? {
        engines.known.family(named: engine.name)?.names?.ownerFault(name.rawValue, of: "service", type: type)
    }

    /// New services whose environment variables would clash with another service's. Existing services keep theirs.
    private func clashes(_ plan: PushPlan, _ file: BuildFile) -> [Diagnostic] {
        func named(_ name: ServiceName, _ type: ServiceType) -> EnvironmentVariables.NamedService {
            EnvironmentVariables.NamedService(
                name: name, infix: engines.known.serving(type).first?.family.variableInfix ?? "",
                ports: plan.settings(of: name)?.custom?.ports.map { "\($0.name)" })
        }
        var known = file.services.filter { plan.standing($0.name) != nil }.map { named($0.name, $0.type) }
        return file.services.filter { plan.standing($0.name) == nil }.compactMap { declared in
            let new = named(declared.name, declared.type)
            defer { known.append(new) }
            return EnvironmentVariables.clash(of: new, among: known).map { variable, other in
                file.diagnostic(
                    declared,
                    "its environment variable \(variable) would clash with that of service '\(other)'; rename it"
                )
            }
        }
    }

    private func extensionRefusal(
        _ wanted: ServiceSettings, _ engine: EngineIdentity
    ) async throws(Problem) -> String? {
        do throws(Problem) {
            if wanted.extensions.isEmpty { return nil }
            _ = try await agent.call(CheckExtensions(extensions: wanted.extensions, engine: engine))
            return nil
        } catch  where error.code == .configRefused {
            return error.message
        }
    }

    /// The engine that the service is pinned to or upgraded to, or the engine that a new service gets.
    private func engine(
        for declared: DeclaredService, _ plan: PushPlan, _ engines: EngineInventory
    ) throws(Problem) -> EngineIdentity {
        if let engine = plan.engine(of: declared.name) { return engine }
        do { return try engines.resolve(type: declared.type, version: declared.version) } catch {
            throw Problem(.engineNotFound, "\(error)")
        }
    }

    // MARK: Storing

    /// Stores in one commit: documents of new and changed services, ports, the order of services, and the operation.
    /// `record`: an operation that is under way already. Nil is returned if there is nothing to do.
    private func store(
        _ plan: PushPlan, _ file: BuildFile, _ application: Versioned<Application>, _ standing: [StoredService],
        _ engines: EngineInventory, into record: OperationRecord? = nil, reserved: ReservedPorts = [:]
    ) async throws(Problem) -> OperationRecord? {
        let name = application.value.name
        var draft = ServiceChanges.Draft()
        let all = try await records.services().map(\.value)
        if let refusal = settings.quotas.refusal(adding: plan.creations.count, to: name, standing: all) {
            throw refusal
        }
        let found = try await records.allocations()
        var allocations = found.value
        let free = try await freePorts(for: plan, besides: allocations)
        for new in plan.creations {
            guard let declared = file.services.first(where: { $0.name == new.name }) else { continue }
            try draft.create(
                await create(new, engine: try engine(for: declared, plan, engines), in: name, &allocations, free))
        }
        for changed in plan.changed {
            guard let before = standing.first(where: { $0.value.id.service == changed.name }) else { continue }
            try refuseEnding(before.value)
            var spec = before.value.spec
            spec.advance()
            spec.settings = changed.settings
            if changed.upgrade != nil { try refuseGroup(before.value, "upgraded") }
            if let engine = changed.upgrade { spec.ask(for: .upgrade(to: engine, keep: newSnapshotID())) }
            try changeProgram(of: &spec, from: before.value, reserved[changed.name] ?? [], &allocations, free)
            try draft.change(before, to: spec)
        }
        for before in stuck(file, standing, besides: plan) {
            var spec = before.value.spec
            spec.advance()
            try draft.change(before, to: spec)
        }
        var owner = application.value
        owner.order = order(file, owner.order)
        if owner != application.value {
            draft.add([try Records.put(owner, at: Records.key(name), expecting: application.revision)])
        }
        guard !draft.isEmpty else { return nil }
        if allocations != found.value {
            draft.add([try Records.put(allocations, at: Allocations.key, expecting: found.revision)])
        }
        let stored =
            if let record {
                try await changes.commit(draft, continuing: record, filesOf: name)
            } else {
                try await changes.commit(
                    draft, beginning: .init(kind: "push", application: name, service: nil), filesOf: name)
            }
        await tell(plan, name)
        return stored
    }

    /// Free ports, as many as the plan can need: per service two endpoints and a port at the router, and a pair per
    /// named port.
    private func freePorts(for plan: PushPlan, besides allocations: Allocations) async throws(Problem) -> FreePorts {
        let named = plan.creations.map(\.settings) + plan.changed.map(\.settings)
        let pairs = named.reduce(0) { $0 + ($1.custom?.ports.count ?? 0) }
        let new = plan.creations.count
        guard new + pairs > 0 else { return FreePorts(ports: []) }
        return try await FreePorts.ask(
            machine, for: [(settings.ports, 3 * new + pairs), (settings.internalPorts, new + pairs)],
            besides: allocations.ports)
    }

    /// Restarts a custom service with the program that the file describes; its ports keep their numbers.
    private func changeProgram(
        of spec: inout ServiceSpec, from before: Service, _ reserved: [ServicePort], _ allocations: inout Allocations,
        _ free: FreePorts
    ) throws(Problem) {
        guard let custom = spec.settings.custom, custom != before.settings.custom else { return }
        let assigned = try assign(custom.ports, before, reserved: reserved, &allocations, free)
        spec.custom?.ports = assigned.ports
        allocations.ports.subtract(assigned.released)
        spec.restartGeneration = spec.generation
    }

    /// Services that are declared unchanged and do not come up. A push usually follows a repair, so they get a new
    /// generation, which is tried at once, whatever failed before.
    private func stuck(
        _ file: BuildFile, _ standing: [StoredService], besides plan: PushPlan
    ) -> [StoredService] {
        standing.filter { found in
            let service = found.value
            guard case .run = service.intent, file.services.contains(where: { $0.name == service.id.service }),
                !plan.changed.contains(where: { $0.name == service.id.service }),
                let status = board.status(of: service.id), status.settledGeneration < service.generation
            else { return false }
            return status.instances.values.contains { $0.outlook == .blocked || $0.failures > 0 }
        }
    }

    private func tell(_ plan: PushPlan, _ name: ApplicationName) async {
        for draft in plan.creations {
            await events.add(
                "service_created", "\(draft.name) is being created", service: ServiceID(name, draft.name))
        }
        for changed in plan.changed {
            await events.add(
                "service_changed", "\(changed.name) has new settings", service: ServiceID(name, changed.name))
        }
    }

    /// The file's order first, then services that are no longer in the file, in their previous order.
    private func order(_ file: BuildFile, _ before: [ServiceName]) -> [ServiceName] {
        let declared = file.services.map(\.name)
        return declared + before.filter { !declared.contains($0) }
    }

    private func create(
        _ draft: ServiceDraft, engine: EngineIdentity, in application: ApplicationName,
        _ allocations: inout Allocations, _ free: FreePorts
    ) async throws(Problem) -> Service {
        let id = ServiceID(application, draft.name)
        guard let family = engines.known.family(named: engine.name) else {
            throw Problem(.engineNotFound, "there is no engine for \(draft.name)")
        }
        let endpoint = try allocations.takePort(from: settings.ports, isFree: free.contains)
        let readEndpoint = try allocations.takePort(from: settings.ports, isFree: free.contains)
        let member = ServiceStatus.Member(
            index: 0, host: "local", port: try allocations.takePort(from: settings.ports, isFree: free.contains),
            internalPort: try allocations.takePort(from: settings.internalPorts, isFree: free.contains),
            serverID: allocations.takeServerID())
        var service = Service(
            id: id, uid: Passwords.identifier(bytes: 8), type: draft.type, engine: engine, settings: draft.settings,
            endpoint: endpoint, readEndpoint: readEndpoint, instances: [member],
            credentials: Credentials(
                user: family.shownUser, password: try key.sealed(Passwords.generate(), of: id, .password),
                administration: try key.sealed(Passwords.generate(), of: id, .administration)), createdAt: Date())
        if let custom = draft.settings.custom {
            let ports = try assign(custom.ports, service, reserved: [], &allocations, free).ports
            service.spec.custom = CustomPlace(user: try await takeCustomUser(&allocations), ports: ports)
        }
        return service
    }
}
