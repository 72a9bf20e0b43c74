import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

/// Adds, refreshes and removes templates in the store, and gives clones their properties.
package struct Templates: Sendable {
    let clones: Clones
    let builder: TemplateBuilder
    private var records: Records { clones.records }
    private var agent: any Agent { clones.machine.agent }

    func find(_ name: TemplateName) async throws(Problem) -> Versioned<Template> {
        if let found = try await records.template(name) { return found }
        throw Problem(.templateNotFound, "there is no template '\(name)'", next: ["roost template ls"])
    }

    // MARK: Adding

    /// Stores the template; a build begins if the source or its treatment is new.
    func add(_ name: TemplateName, _ wanted: Template) async throws(Problem) -> (Template, OperationInfo?) {
        var mustBuild = false
        let stored = try await records.again { () async throws(Problem) in
            guard let found = try await records.template(name) else {
                mustBuild = true
                _ = try await agent.call(MarkTemplate(name, isRemoved: false))
                try await records.commit([Records.put(wanted, at: Records.key(name), expecting: 0)])
                return wanted
            }
            guard found.value.type == wanted.type else {
                throw Problem(
                    .conflict, "template '\(name)' has type \(found.value.type), which cannot be changed",
                    next: ["roost template rm \(name)"])
            }
            var template = found.value
            mustBuild = template.version?.differs(from: wanted) ?? true
            template.source = wanted.source
            template.settings = wanted.settings
            if template != found.value {
                try await records.commit([Records.put(template, at: Records.key(name), expecting: found.revision)])
            }
            return template
        }
        guard mustBuild else { return (stored, nil) }
        // A build that is under way makes the template as it was before.
        await builder.cancel(name)
        let operation = try await builder.build(name)
        return (try await find(name).value, operation)
    }

    func remove(_ name: TemplateName) async throws(Problem) {
        _ = try await find(name)
        await builder.cancel(name)
        // The mark is set before the document goes: data of templates without a document are removed only with a
        // mark.
        _ = try await agent.call(MarkTemplate(name, isRemoved: true))
        try await records.commit([.delete(key: Records.key(name), expecting: nil)])
        for service in try await clones.all() where service.clone?.name == nil {
            guard case .template(name, _) = service.clone?.origin, case .run = service.goal else { continue }
            do throws(Problem) { try await clones.remove(service.id) { $0.clone?.name == nil } } catch {
                // The clone was handed out, or removed, since it was looked at.
                guard [.conflict, .cloneNotFound].contains(error.code) else { throw error }
            }
        }
    }

    // MARK: Clones

    /// The properties of a clone of the present version, as the template gives them.
    func properties(ofClone template: Template, terms: CloneTerms) async throws(Problem) -> Clones.Properties {
        guard let version = template.version else { throw Self.notReady(template) }
        _ = try await clones.application()
        return Clones.Properties(
            origin: .template(template.name, version: version.id), type: template.type, engine: version.engine,
            databases: version.databases, applicationUser: version.applicationUser, user: version.user,
            settings: settings(ofClones: template), isDurable: false, terms: terms,
            templateAddedAt: template.createdAt)
    }

    func settings(ofClones template: Template) -> ServiceSettings {
        ServiceSettings(
            memory: template.settings.memory ?? clones.engines.known.defaultMemory(of: template.type),
            cpus: template.settings.cpus, durability: .async, config: template.settings.config,
            extensions: template.settings.extensions)
    }

    static func notReady(_ template: Template) -> Problem {
        if template.building != nil {
            return Problem(
                .notReadyYet, "template '\(template.name)' is being built for the first time",
                next: ["roost template ls", "try again when it is ready"])
        }
        return Problem(
            .failed,
            "template '\(template.name)' was never built: \(template.failure ?? "no build was started")",
            next: ["roost template refresh \(template.name)"])
    }

    // MARK: Watched dumps

    /// Rebuilds templates of watched dumps. Each file `<home>/dumps/TYPE/NAME.sql` and its like belongs to a
    /// template, and a change of the file rebuilds the template, unless that has a schedule. A file that is still
    /// being written waits.
    func watch() async throws {
        let settings = clones.settings
        for found in try await agent.call(ListWatchedDumps(typeOfFlat: settings.myaas?.type.rawValue)) {
            let type = ServiceType(rawValue: found.type)
            guard let name = TemplateName(rawValue: found.name), clones.engines.known.types.contains(type) else {
                continue
            }
            if let standing = try await records.template(name)?.value {
                try await rebuild(standing, found)
            } else {
                var template = Template(
                    name: name, type: type, source: .dump(path: found.path, isWatched: true),
                    settings: TemplateSettings(), createdAt: Date())
                if found.isFlat, let myaas = settings.myaas {
                    template.settings.database = myaas.database
                    template.settings.applicationUser = myaas.username
                }
                _ = try await add(name, template)
            }
        }
    }

    private func rebuild(_ template: Template, _ found: WatchedDump) async throws {
        guard case .dump(found.path, isWatched: true) = template.source, template.settings.refresh == nil,
            template.building == nil, !(await builder.isBuilding(template.name))
        else { return }
        let fingerprint = try await agent.call(FingerprintDump(found.path)).fingerprint
        // A failed build is tried again only when its file has changed.
        guard fingerprint != template.version?.fingerprint, fingerprint != template.failedFingerprint else { return }
        _ = try await builder.build(template.name)
    }

    // MARK: Remains

    /// Removes received dumps that no template names, and template versions that are not used any more.
    func sweep() async throws {
        var known: [TemplateName: Set<String>] = [:]
        let templates = try await records.templates().map(\.value)
        _ = try await agent.call(RemoveReceivedDumps(except: Set(templates.map(\.source.text))))
        for template in templates {
            known[template.name, default: []].formUnion(template.version.map { [$0.id] } ?? [])
        }
        for service in try await clones.all() {
            // A clone's first copy, or its next one, may still have to be made of the version.
            guard case .template(let name, let version) = service.clone?.origin else { continue }
            let isCopied = service.instances.allSatisfy(\.seeded) && service.goal == .run
            if !isCopied { known[name, default: []].insert(version) }
        }
        for record in try await agent.call(ListTemplateVersions()) {
            let name = record.template.name
            guard !(known[name]?.contains(record.version.id) ?? false), try await isPast(record) else { continue }
            _ = try await agent.run(RemoveTemplateVersion(name, version: record.version.id))
        }
    }

    /// Asked right before the removal, because a build may have ended meanwhile. A store that does not know a
    /// template may be the wrong one, so nothing of that template is removed unless its removal was marked.
    private func isPast(_ record: TemplateRecord) async throws -> Bool {
        let name = record.template.name
        guard !(await builder.isBuilding(name)) else { return false }
        if let standing = try await records.template(name)?.value {
            return standing.version.map { $0.id != record.version.id } ?? false
        }
        return try await agent.call(IsTemplateRemoved(name))
    }
}

extension TemplateVersion {
    /// Whether the version is out of date for the wanted template.
    fileprivate func differs(from wanted: Template) -> Bool {
        source != wanted.source || settings.mask != wanted.settings.mask
            || settings.version != wanted.settings.version || settings.extensions != wanted.settings.extensions
    }
}
