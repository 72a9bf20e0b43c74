import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

/// A single build of a template: prepares its source and a temporary service, and has the agent carry it out.
struct TemplateMaking: Sendable {
    /// Minimum memory of the server that imports.
    private static let memory: ByteCount = .gibibytes(1)

    let parts: TemplateBuilder.Parts
    let template: Template
    let operation: String

    func run() async throws -> TemplateVersion {
        let began = Date()
        let source = try await start()
        do {
            let job = BuildTemplate(
                template, version: TemplateVersion.newID(), source: source.start, try await order(source), began: began)
            let (operations, operation) = (parts.operations, operation)
            let version = try await parts.machine.agent.run(job) { await operations.tell($0, on: operation) }
            await dropSnapshot(source)
            return version
        } catch {
            await dropSnapshot(source)
            throw error
        }
    }

    // MARK: Source

    private struct Source {
        let start: BuildTemplate.Source
        let engine: EngineIdentity
        let databases: [String]
        let settings: ServiceSettings
        let user: ServerUser
    }

    private func start() async throws -> Source {
        switch template.source {
        case .dump(let path, _):
            // Checked here as well: no request could report the fault for a template that a watched folder brings.
            if let fault = template.nameFault(parts.engines.known) { throw Problem(.nameInvalid, fault) }
            let engine = try await parts.engines.now().resolve(
                type: template.type, version: template.settings.version.flatMap { EngineVersion($0) })
            _ = try await parts.machine.agent.call(CheckDump(path, type: template.type))
            return Source(
                start: .dump(path: path), engine: engine, databases: [template.databaseName],
                settings: settings(of: nil), user: try await parts.clones.application().user)
        case .service(let id):
            guard let service = try await parts.records.service(id)?.value,
                let owner = try await parts.records.application(id.application)?.value
            else {
                throw Problem(.serviceNotFound, "its source service \(id) no longer exists")
            }
            let snapshot = TemplateVersion.newID() + "-template"
            let began = ContinuousClock.now
            await parts.operations.begin("snapshot", on: operation)
            _ = try await parts.snapshots.take(id, as: snapshot, SnapshotTerms(reason: SnapshotRecord.template))
            await parts.operations.note("snapshot", took: began.duration(to: .now), on: operation)
            return Source(
                start: .snapshot(id, id: snapshot), engine: service.engine, databases: service.databaseNames,
                settings: settings(of: service), user: owner.user)
        }
    }

    private func dropSnapshot(_ source: Source) async {
        guard case .snapshot(let id, let snapshot) = source.start else { return }
        let agent = parts.machine.agent
        // In a task of its own, so that it runs in a cancelled build too. A snapshot that is left behind is swept
        // later.
        await Task { _ = try? await agent.run(RemoveSnapshot(id, snapshot)) }.value
    }

    private func settings(of service: Service?) -> ServiceSettings {
        let standard = parts.engines.known.defaultMemory(of: template.type)
        return ServiceSettings(
            memory: max(Self.memory, template.settings.memory ?? service?.settings.memory ?? standard),
            durability: .async, config: template.settings.config,
            extensions: template.settings.extensions + (service?.settings.extensions ?? []))
    }

    /// An order for a service without a document, which exists for the length of the build.
    private func order(_ source: Source) async throws -> SealedOrder {
        guard let name = ServiceName(rawValue: "b\(Passwords.identifier(bytes: 6))"),
            let family = parts.engines.known.family(named: source.engine.name)
        else { throw Problem(.failed, "there is no engine '\(source.engine.name)'") }
        let id = ServiceID(.builds, name)
        let taken = try await parts.records.allocations().value.ports
        // Candidates are from the range's end, where services take theirs last, in random order for simultaneous
        // builds.
        let candidates = parts.settings.internalPorts.ports.suffix(500).shuffled().filter { !taken.contains($0) }
        let free = try await parts.machine.agent.call(FindFreePorts(among: Array(candidates.prefix(100))))
        guard let port = candidates.first(where: free.contains) else {
            throw Problem(.noPort, "no port of \(parts.settings.internalPorts) is free for the build's server")
        }
        let service = Service(
            id: id, uid: Passwords.identifier(bytes: 8), type: template.type, engine: source.engine,
            settings: source.settings, endpoint: port, readEndpoint: port,
            instances: [ServiceStatus.Member(index: 0, host: "local", port: port, internalPort: port, serverID: 1)],
            credentials: Credentials(
                user: template.settings.applicationUser ?? family.applicationUser,
                password: try parts.key.sealed(Passwords.generate(), of: id, .password),
                administration: try parts.key.sealed(Passwords.generate(), of: id, .administration)),
            clone: ClonePlace(
                name: nil, origin: .template(template.name, version: ""), databases: source.databases,
                user: source.user, isDurable: false, terms: CloneTerms(expiresAt: nil)),
            copiedInBoot: parts.machine.facts.boot, createdAt: Date())
        return SealedOrder(
            application: Application(name: .builds, user: source.user, createdAt: Date()), service: service, index: 0)
    }
}

extension Template {
    /// The default database's name: without `-` unless set, because SQL would have to quote it.
    var databaseName: String { settings.database ?? name.rawValue.replacing("-", with: "_") }

    /// Why imported data cannot be in the database, or belong to the user, that the template's name or settings give.
    /// Nil if they can.
    func nameFault(_ engines: EngineInventory) -> String? {
        guard case .dump = source, let names = engines.serving(type).first?.family.names else { return nil }
        guard let database = settings.database else {
            return names.ownerFault(databaseName, of: "template", type: type)
        }
        return names.databaseFault(database).map { "MYAAS_DB_DATABASE: '\(database)' \($0)" }
            ?? settings.applicationUser.flatMap { user in
                names.userFault(user).map { "MYAAS_DB_USERNAME: '\(user)' \($0)" }
            }
    }
}

extension TemplateVersion {
    /// An id that is sortable by time, such as `20261121-064406-3f9a`.
    static func newID() -> String { TimedID.make() }
}

extension Service {
    /// The default database, then the build file's databases.
    var databaseNames: [String] {
        if let clone { return clone.databases }
        let first = "\(id.service)"
        return [first] + settings.databases.filter { $0 != first }
    }
}
