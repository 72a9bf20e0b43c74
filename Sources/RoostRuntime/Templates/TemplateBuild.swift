import Foundation
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets

/// One build of a template: from a dump or a live service to a finished directory that a clone pays nothing for.
struct TemplateBuild: Sendable {
    private static let poll: Duration = .milliseconds(5)
    private static let startPatience: Duration = .seconds(300)
    /// What an import works with at least.
    private static let memory: ByteCount = .gibibytes(1)

    let parts: TemplateRoom.Parts
    let template: Template
    let operation: String

    func run() async throws -> TemplateVersion {
        let began = ContinuousClock.now
        let id = TemplateVersion.newID()
        let source = try await start()
        let fingerprint = source.fingerprint
        let order = try await order(source)
        let host = parts.host
        do {
            let mustLoad = try await step(source.title) { try await host.beginBuild(source.start, order) }
            try await step("start") { try await bringUp(order) }
            let report = try await load(source, mustLoad, order)
            var databases = try await databases(source, report, order)
            if let mask = template.settings.mask {
                // Where clones begin.
                let order = order.beginning(in: databases)
                try await step("mask") { try await host.run(script: mask, order) }
                databases += try await host.filledDatabases(order).filter { !databases.contains($0) }
            }
            try await step("finalise") { try await host.finalise(order) }
            try await step("stop") { try await host.stopBuild(order) }
            try Task.checkCancellation()
            let paths = parts.settings.paths.freshPlace.template(template.name, id)
            let sealed = try await step("seal") { try await host.seal(order, as: paths) }
            let version = TemplateVersion(
                id: id, engine: source.engine, databases: databases, shownUser: order.service.credentials.user,
                method: sealed.method, size: sealed.size, fingerprint: fingerprint, user: source.user,
                source: template.source, settings: template.settings, builtAt: Date(),
                buildSeconds: began.duration(to: .now) / .seconds(1), notes: report.notes)
            try await host.finish(TemplateRecord(template: template, version: version))
            await host.endBuild(order)
            await dropSnapshot(source)
            return version
        } catch {
            await host.endBuild(order)
            await dropSnapshot(source)
            throw error
        }
    }

    // MARK: Source

    private struct Source {
        let start: BuildStart
        let engine: EngineIdentity
        let databases: [String]
        let settings: ServiceSettings
        let title: String
        let fingerprint: String?
        let user: ServerUser
    }

    private func start() async throws -> Source {
        switch template.source {
        case .dump(let path, _):
            // Those that a watched folder brings were asked for by nobody who could have been told.
            if let fault = template.nameFault(parts.catalog) { throw Problem(.nameInvalid, fault) }
            let build = try parts.catalog.resolve(
                type: template.type, version: template.settings.version.flatMap { EngineVersion($0) })
            let dump = try await DumpFile.dump(at: path, type: template.type, catalog: parts.catalog)
            return Source(
                start: .dump(dump), engine: build.identity, databases: [template.databaseName],
                settings: settings(of: nil), title: "directory", fingerprint: DumpFile.fingerprint(of: path),
                user: try await parts.clones.application().user)
        case .service(let id):
            guard let service = try await parts.records.service(id)?.value,
                let owner = try await parts.records.application(id.application)?.value
            else {
                throw Problem(.serviceNotFound, "the service \(id) that it is made of is gone")
            }
            let snapshot = TemplateVersion.newID() + "-template"
            try await step("snapshot") {
                _ = try await parts.snapshots.take(id, as: snapshot, SnapshotTerms(reason: SnapshotRecord.template))
            }
            return Source(
                start: .snapshot(id, id: snapshot), engine: service.engine, databases: service.databaseNames,
                settings: settings(of: service), title: "copy snapshot", fingerprint: nil, user: owner.user)
        }
    }

    private func dropSnapshot(_ source: Source) async {
        guard case .snapshot(let id, let snapshot) = source.start else { return }
        // Left behind it is swept like every snapshot that was taken for something.
        await uncancelled { [parts] in try? await parts.host.removeSnapshot(id, snapshot) }
    }

    private func settings(of service: Service?) -> ServiceSettings {
        let standard = parts.catalog.defaultMemory(of: template.type)
        return ServiceSettings(
            memory: max(Self.memory, template.settings.memory ?? service?.settings.memory ?? standard),
            durability: .async, config: template.settings.config,
            extensions: template.settings.extensions + (service?.settings.extensions ?? []))
    }

    /// A service that no document knows of: for the length of the build.
    private func order(_ source: Source) async throws -> InstanceOrder {
        guard let name = ServiceName(rawValue: "b\(Passwords.identifier(bytes: 6))"),
            let family = parts.catalog.engine(named: source.engine.name)?.family
        else { throw Problem(.failed, "there is no engine '\(source.engine.name)'") }
        let id = ServiceID(.builds, name)
        let taken = try await parts.records.allocations().value.ports
        // From the range's end, where nobody else takes one, and by chance, for builds at the same time.
        let free = parts.settings.internalPorts.ports.suffix(500).shuffled()
            .first { !taken.contains($0) && parts.host.isFree($0) }
        guard let port = free else {
            throw Problem(.noPort, "no port of \(parts.settings.internalPorts) is free for the build's server")
        }
        let (password, administration) = (Passwords.generate(), Passwords.generate())
        let service = Service(
            id: id, uid: Passwords.identifier(bytes: 8), type: template.type, engine: source.engine,
            settings: source.settings, endpoint: port, readEndpoint: port,
            instances: [ServiceStatus.Member(index: 0, host: "local", port: port, internalPort: port, serverID: 1)],
            credentials: Credentials(
                user: template.settings.shownUser ?? family.shownUser,
                password: try parts.key.sealed(password, of: id, .password),
                administration: try parts.key.sealed(administration, of: id, .administration)),
            clone: ClonePlace(
                name: nil, origin: .template(template.name, version: ""), databases: source.databases,
                user: source.user, isDurable: false, terms: CloneTerms(expiresAt: nil)),
            copiedInBoot: Machine.bootID, createdAt: Date())
        return InstanceOrder(
            application: Application(name: .builds, user: source.user, createdAt: Date()), service: service, index: 0,
            secrets: .init(password: password, previousPassword: nil, administration: administration),
            profile: .building)
    }

    // MARK: Server

    private func bringUp(_ order: InstanceOrder) async throws {
        _ = try await parts.host.start(order)
        let deadline = ContinuousClock.now + Self.startPatience
        var reason = "it does not answer"
        while ContinuousClock.now < deadline {
            switch await parts.host.health(order) {
            case .healthy, .drifted: return
            case .closed: try await parts.host.open(order)
            case nil: throw HostFailure("its server ended: \(try await lastWords(order))")
            case .starting(let text), .unhealthy(let text), .lockedOut(let text), .unknown(let text),
                .filesGone(let text):
                reason = text
            }
            try await Task.sleep(for: Self.poll)
        }
        throw HostFailure("its server did not come up within \(Self.startPatience): \(reason)")
    }

    private func lastWords(_ order: InstanceOrder) async throws -> String {
        var lines: [String] = []
        for await line in try await parts.host.logs(order.id, lines: 60, follow: false) { lines.append(line) }
        let causes = parts.catalog.engine(named: order.service.engine.name)?.knownCauses ?? KnownCause.everywhere
        let words = LastWords.read(lines, causes: causes)
        let told = ([words.cause?.sentence].compactMap(\.self) + words.errors).joined(separator: "; ")
        return told.isEmpty ? lines.suffix(5).joined(separator: "; ") : told
    }

    /// What was loaded counts, not what the file looks like: a dump that brought nothing is no version.
    private func load(_ source: Source, _ mustLoad: Bool, _ order: InstanceOrder) async throws -> LoadReport {
        guard case .dump(let dump) = source.start else { return LoadReport() }
        var report = LoadReport()
        if mustLoad {
            let (operations, operation) = (parts.operations, operation)
            report = try await step("import") {
                try await parts.host.load(dump, order) { progress in
                    let (read, total) = (ByteCount(bytes: progress.bytesRead), ByteCount(bytes: progress.bytesTotal))
                    Task {  // Ends at once.
                        await operations.progress(progress.text, bytes: read, of: total, on: operation)
                    }
                }
            }
        }
        if try await !parts.host.holdsData(order) {
            // Roles alone may be what somebody wants to begin with; in place of data they are not.
            guard template.version == nil, report.statements > 0 else {
                throw HostFailure("\(dump.path) was loaded, and nothing is there: it holds no data")
            }
            report.notes.append(LoadContent.emptyNote)
        } else if report.content?.isEmpty == true {
            report.notes.append(LoadContent.emptyNote)
        }
        return report
    }

    private func databases(_ source: Source, _ report: LoadReport, _ order: InstanceOrder) async throws -> [String] {
        let filled = try await parts.host.filledDatabases(order)
        return TemplateDatabases.order(own: source.databases, named: report.databases, filled: filled)
    }

    @discardableResult
    private func step<Value>(_ name: String, _ work: () async throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let began = ContinuousClock.now
        await parts.operations.begin(name, on: operation)
        let value = try await work()
        await parts.operations.note(name, took: began.duration(to: .now), on: operation)
        return value
    }
}

extension Template {
    /// Databases have no `-` where that can be spared: SQL would have to quote it.
    var databaseName: String { settings.database ?? name.rawValue.replacing("-", with: "_") }

    /// Why what is imported cannot stand in the database, or belong to the user, that the template's name or settings
    /// say; nil: it can.
    func nameFault(_ catalog: EngineCatalog) -> String? {
        guard case .dump = source, let names = catalog.serving(type).first?.family.names else { return nil }
        guard let database = settings.database else {
            return names.ownerFault(databaseName, of: "template", type: type)
        }
        return names.databaseFault(database).map { "MYAAS_DB_DATABASE: '\(database)' \($0)" }
            ?? settings.shownUser.flatMap { user in names.userFault(user).map { "MYAAS_DB_USERNAME: '\(user)' \($0)" } }
    }
}

/// Which database clones begin in, for the load, the mask and their address. Pure.
enum TemplateDatabases {
    /// A dump may name its databases itself: then the one that Roost made stays empty, and clones begin in the first one
    /// that the dump names and fills. `own`: those that Roost made, the default one first.
    static func order(own: [String], named: [String], filled: [String]) -> [String] {
        guard let first = own.first, !filled.isEmpty, !filled.contains(first) else {
            return own + filled.filter { !own.contains($0) }
        }
        let inOrder = named.filter(filled.contains)
        return inOrder + filled.filter { !inOrder.contains($0) }
    }
}

extension InstanceOrder {
    /// The same with other databases, of which the first is the default one.
    func beginning(in databases: [String]) -> InstanceOrder {
        var service = service
        service.spec.clone?.databases = databases
        return InstanceOrder(
            application: application, service: service, index: index, secrets: secrets, profile: profile)
    }
}

extension TemplateVersion {
    /// Sortable by time: `20261121-064406-3f9a`.
    static func newID() -> String { TimedID.make() }
}

extension LoadProgress {
    /// `120.4M of 260.0M, 3400 statements`
    var text: String {
        let bytes = "\(ByteCount(bytes: bytesRead).rounded) of \(ByteCount(bytes: bytesTotal).rounded)"
        return statements > 0 ? "\(bytes), \(statements) statements" : bytes
    }
}

extension Service {
    /// The default database, then those of the build file.
    var databaseNames: [String] {
        if let clone { return clone.databases }
        let first = "\(id.service)"
        return [first] + settings.databases.filter { $0 != first }
    }
}
