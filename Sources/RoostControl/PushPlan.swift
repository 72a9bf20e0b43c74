import RoostModel

/// A service that a push creates. The caller that carries out the plan resolves its engine.
package struct ServiceDraft: Equatable, Sendable {
    package let name: ServiceName
    package let type: ServiceType
    /// Version that the file asks for; nil means the newest.
    package let version: EngineVersion?
    package let settings: ServiceSettings

    package init(name: ServiceName, type: ServiceType, version: EngineVersion?, settings: ServiceSettings) {
        self.name = name
        self.type = type
        self.version = version
        self.settings = settings
    }
}

/// Changes that a push makes: a pure function of the build file and the existing services. All or nothing: no change
/// is made unless the whole file can be carried out.
///
/// A key that the file states wins. A key that it leaves out keeps its present value, which an earlier push or
/// `scale` set: taking `memory:` out of the file changes nothing. `config:` is one such key, stated as a whole:
/// settings that are missing from it go back to the engine's default, `config: {}` resets all of them, and a file
/// without it keeps them. Databases and extensions are only ever added.
package struct PushPlan: Equatable, Sendable {
    /// New settings of an existing service.
    package struct Change: Equatable, Sendable {
        package let name: ServiceName
        package let settings: ServiceSettings
        /// Nil if the engine stays.
        package var upgrade: EngineIdentity?
    }

    package private(set) var creations: [ServiceDraft] = []
    package private(set) var changed: [Change] = []
    /// Entries for all services of the file, in the file's order; services without a change are included.
    package private(set) var changes: [ServiceChange] = []
    /// Sentences for the person who pushed.
    package private(set) var notes: [String] = []
    /// Reductions of a service, a sentence each: the push needs `--yes`.
    package private(set) var confirmations: [String] = []
    private let standing: [Service]

    private init(standing: [Service]) { self.standing = standing }

    /// The existing service of this name, before the push.
    package func standing(_ name: ServiceName) -> Service? { standing.first { $0.id.service == name } }

    /// Settings of a service after the push; nil if the push knows no such service.
    package func settings(of name: ServiceName) -> ServiceSettings? {
        creations.first { $0.name == name }?.settings ?? changed.first { $0.name == name }?.settings
            ?? standing(name)?.settings
    }

    /// Whether the push creates the service, or gives it other settings or another engine.
    package func isChanging(_ name: ServiceName) -> Bool {
        creations.contains { $0.name == name } || changed.contains { $0.name == name }
    }

    /// Engine that the push upgrades a service to, else its present engine.
    package func engine(of name: ServiceName) -> EngineIdentity? {
        changed.first { $0.name == name }?.upgrade ?? standing(name)?.engine
    }

    /// Resolves another version for a service: the release to go to, or why the service cannot go there.
    package typealias Upgrades = (Service, EngineVersion) -> Result<EngineIdentity, UpgradeRefused>

    package struct UpgradeRefused: Error, Equatable, Sendable, CustomStringConvertible {
        package let reason: String
        package init(_ reason: String) { self.reason = reason }
        package var description: String { reason }
    }

    /// `standing`: every existing service of the application. Fails with every change that the file asks for and that
    /// cannot be made.
    package static func make(
        declared file: BuildFile, standing: [Service], defaultMemory: (ServiceType) -> ByteCount, upgrades: Upgrades
    ) -> Result<PushPlan, BuildFileInvalid> {
        var plan = PushPlan(standing: standing)
        plan.notes = file.notes
        var refusals: [Diagnostic] = []
        for declared in file.services {
            refusals += Self.lossRefusals(of: declared, for: plan.standing(declared.name), in: file)
            if let service = plan.standing(declared.name) {
                refusals += Self.refusals(of: declared, for: service, in: file)
                var target: EngineIdentity?
                switch Self.upgrade(of: service, to: declared, upgrades) {
                case .failure(let refused):
                    refusals.append(file.diagnostic(declared, key: "version", refused.reason))
                case .success(let engine): target = engine
                case nil: break
                }
                plan.change(service, to: declared, upgrade: target, fileName: file.fileName)
            } else {
                plan.create(declared, defaultMemory: defaultMemory)
            }
        }
        guard refusals.isEmpty else { return .failure(BuildFileInvalid(diagnostics: refusals)) }
        plan.noteUndeclared(file)
        return .success(plan)
    }

    // MARK: One service

    private mutating func create(_ declared: DeclaredService, defaultMemory: (ServiceType) -> ByteCount) {
        let empty = ServiceSettings(memory: declared.memory ?? defaultMemory(declared.type))
        let settings = empty.applying(declared)
        creations.append(
            ServiceDraft(name: declared.name, type: declared.type, version: declared.version, settings: settings))
        var fields = [ServiceChange.Field(key: "type", from: nil, to: declared.type.rawValue)]
        if let version = declared.version { fields.append(.init(key: "version", from: nil, to: "\(version)")) }
        changes.append(
            ServiceChange(service: declared.name.rawValue, kind: .create, fields: fields + settings.asCreated))
    }

    /// Nil if the file names no version, the version that runs, or another type.
    private static func upgrade(
        of service: Service, to declared: DeclaredService, _ upgrades: Upgrades
    ) -> Result<EngineIdentity, UpgradeRefused>? {
        guard let version = declared.version, declared.type == service.type, !service.engine.version.matches(version)
        else { return nil }
        return upgrades(service, version)
    }

    private mutating func change(
        _ service: Service, to declared: DeclaredService, upgrade: EngineIdentity?, fileName: String
    ) {
        let settings = service.settings.applying(declared)
        var fields = service.settings.changes(to: settings)
        if let upgrade {
            fields.insert(
                .init(key: "version", from: "\(service.engine.version)", to: "\(upgrade.version)"), at: 0)
            notes.append(
                "'\(declared.name)' is upgraded from \(service.engine) to \(upgrade): it is stopped and a snapshot is "
                    + "kept; if the new server does not come up, it is rolled back to that snapshot")
        }
        changes.append(
            ServiceChange(service: declared.name.rawValue, kind: fields.isEmpty ? .none : .change, fields: fields))
        if settings != service.settings || upgrade != nil {
            changed.append(Change(name: declared.name, settings: settings, upgrade: upgrade))
        }
        if settings.instances < service.settings.instances {
            confirmations.append(
                "'\(declared.name)' scales down from \(service.settings.instances) instances to \(settings.instances)"
            )
        }
        for index in service.fullCopies(settings) {
            let name = InstanceID(service.id, index).name
            confirmations.append(
                "\(name) gets a new, full copy of the primary's data, as 'roost resync \(name)' does (storage: separate)"
            )
        }
        noteKept("database", service.settings.databases, declared.databases, of: declared, fileName)
        noteKept("extension", service.settings.extensions, declared.extensions, of: declared, fileName)
    }

    private mutating func noteKept(
        _ kind: String, _ standing: [String], _ named: [String]?, of declared: DeclaredService, _ fileName: String
    ) {
        guard let named else { return }
        for name in standing where !named.contains(name) {
            notes.append("\(kind) '\(name)' of '\(declared.name)' is no longer in \(fileName); it is kept")
        }
    }

    /// Refuses a limit of loss for a service whose commits wait for a replica. `service`: nil if it is new.
    private static func lossRefusals(
        of declared: DeclaredService, for service: Service?, in file: BuildFile
    ) -> [Diagnostic] {
        let durability = declared.durability ?? service?.settings.durability ?? .sync
        guard declared.maxLossSeconds != nil, durability != .async else { return [] }
        return [
            file.diagnostic(
                declared, key: "max_loss",
                "applies to 'durability: async' alone; with '\(durability.rawValue)' a commit waits for a replica: remove it, "
                    + "or set 'durability: async'")
        ]
    }

    /// Reasons to refuse what the file asks of an existing service; empty if there are none.
    private static func refusals(
        of declared: DeclaredService, for service: Service, in file: BuildFile
    ) -> [Diagnostic] {
        switch service.goal {
        case .run, .restore, .reset, .move, .image, .promote, .failover: break
        case .upgrade(let engine, _):
            return [
                file.diagnostic(declared, "is being upgraded to \(engine); push again when the upgrade has finished")
            ]
        case .destroy:
            return [file.diagnostic(declared, "is being destroyed; push again when it is gone")]
        }
        guard declared.type == service.type else {
            let message =
                "the type of a service cannot change; '\(declared.name)' is of type '\(service.type)'"
                + " (to replace it and lose its data: roost destroy \(declared.name), then push)"
            return [file.diagnostic(declared, key: "type", message)]
        }
        return []
    }

    private mutating func noteUndeclared(_ file: BuildFile) {
        let declared = Set(file.services.map(\.name))
        for service in standing.sorted(by: { $0.id < $1.id }) where !declared.contains(service.id.service) {
            if case .destroy = service.goal { continue }
            let name = service.id.service
            notes.append("'\(name)' is not in \(file.fileName); it keeps running (to remove it: roost destroy \(name))")
        }
    }
}

extension ServiceSettings {
    /// A copy of these settings with the keys that the file states.
    fileprivate func applying(_ declared: DeclaredService) -> ServiceSettings {
        var settings = self
        settings.instances = declared.instances ?? instances
        settings.memory = declared.memory ?? memory
        settings.cpus = declared.cpus ?? cpus
        settings.durability = declared.durability ?? durability
        // Without `async` a failover loses no acknowledged write, so there is nothing to limit.
        settings.maxLossSeconds = settings.durability == .async ? declared.maxLossSeconds ?? maxLossSeconds : nil
        settings.routing = declared.routing ?? routing
        settings.config = declared.config ?? config
        settings.expose = declared.expose ?? expose
        settings.accounts = declared.accounts ?? accounts
        if let members = declared.members { settings.members = members.isEmpty ? nil : members }
        if let verify = declared.verify { settings.verify = verify.everySeconds == nil ? nil : verify }
        if let notify = declared.notify { settings.notify = notify.isEmpty ? nil : notify }
        // The custom program is replaced as a whole: a hook that the file leaves out is not run.
        settings.custom = declared.custom ?? custom
        // The default database has the service's name and always exists.
        for name in declared.databases ?? [] where name != declared.name.rawValue && !settings.databases.contains(name)
        {
            settings.databases.append(name)
        }
        for name in declared.extensions ?? [] where !settings.extensions.contains(name) {
            settings.extensions.append(name)
        }
        return settings
    }
}
