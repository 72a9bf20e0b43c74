import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Carries out the API's calls on templates.
struct TemplateHandler: TemplatesAPI {
    let templates: Templates
    let clones: Clones
    let sources: CloneSources
    let engines: Engines
    let keeper: CopyKeeper
    let events: EventLog
    private var records: Records { clones.records }
    private var agent: any Agent { engines.machine.agent }

    func list() async throws(Problem) -> [TemplateInfo] {
        let all = try await clones.all()
        return try await records.templates().map { info($0.value, all) }
    }

    func find(_ name: TemplateName) async throws(Problem) -> TemplateInfo {
        info(try await templates.find(name).value, try await clones.all())
    }

    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump {
        try await agent.send(ReceiveDump(), next)
    }

    func add(
        _ name: TemplateName, _ request: TemplateRequest
    ) async throws(Problem) -> TemplateAnswer {
        let wanted = try await wanted(name, request)
        let (template, operation) = try await templates.add(name, wanted)
        keeper.wake()
        if operation != nil {
            await events.add("template_added", "template \(name) is being built from \(template.source.text)")
        }
        return TemplateAnswer(template: info(template, try await clones.all()), operation: operation)
    }

    func refresh(_ name: TemplateName) async throws(Problem) -> OperationInfo {
        _ = try await templates.find(name)
        let operation = try await templates.builder.build(name)
        await events.add("template_refresh", "template \(name) is being rebuilt")
        return operation
    }

    func remove(
        _ name: TemplateName, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> TemplateInfo {
        let info = try await find(name)
        if dryRun { return info }
        try requireConfirmation(
            confirm, name: "\(name)",
            "removing template '\(name)' deletes its data; its \(info.clones) clone(s) are kept, but cannot be reset",
            command: "roost template rm \(name) --yes")
        try await templates.remove(name)
        keeper.wake()
        await events.add("template_removed", "template \(name) was removed")
        return info
    }

    private func info(_ template: Template, _ all: [Service]) -> TemplateInfo {
        let own = all.filter {
            if case .template(template.name, _) = $0.clone?.origin { true } else { false }
        }
        let ready = own.filter { service in
            guard let version = template.version else { return false }
            return service.isWaiting(
                for: .template(template.name, version: version.id), with: templates.settings(ofClones: template))
                && clones.statusCache.status(of: service.id)?.settledGeneration == service.generation
        }
        return TemplateInfo(template, poolReady: ready.count, clones: own.count { $0.clone?.name != nil })
    }

    // MARK: Reading the request

    private func wanted(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> Template {
        let standing = try await records.template(name)?.value
        let before = standing?.settings
        if let text = request.refresh, !text.isEmpty, Schedule(text) == nil {
            throw Problem(.usage, "invalid schedule '\(text)': use cron syntax, for example 0 3 * * *")
        }
        let pool = request.pool ?? before?.pool ?? 0
        guard (0...100).contains(pool) else { throw Problem(.usage, "a pool can have 0 to 100 clones") }
        var memory = before?.memory
        if let text = request.memory {
            memory = ByteCount(text)
            if memory == nil { throw Problem(.usage, "invalid memory size '\(text)': use, for example, 512M") }
        }
        if let version = request.version, EngineVersion(version) == nil {
            throw Problem(.usage, "invalid version '\(version)': use, for example, 10.11")
        }
        // Settings that the request does not mention stay as they are; above all, a mask is not lost.
        let refresh = request.refresh ?? before?.refresh
        var settings = TemplateSettings(
            mask: request.noMask ?? false ? nil : request.mask ?? before?.mask,
            refresh: refresh?.isEmpty ?? true ? nil : refresh, pool: pool, memory: memory,
            cpus: request.cpus ?? before?.cpus, config: request.config ?? before?.config ?? [:],
            extensions: request.extensions ?? before?.extensions ?? [], version: request.version ?? before?.version)
        var (source, type) = try await templateSource(request, standing)
        if case .dump(let path, isWatched: true) = standing?.source, source == .dump(path: path, isWatched: false) {
            // The template continues to follow its file.
            source = .dump(path: path, isWatched: true)
            settings.database = before?.database
            settings.applicationUser = before?.applicationUser
        }
        let template = Template(name: name, type: type, source: source, settings: settings, createdAt: Date())
        if let fault = template.nameFault(engines.known) { throw Problem(.nameInvalid, fault) }
        try await check(template)
        return template
    }

    private func templateSource(
        _ request: TemplateRequest, _ standing: Template?
    ) async throws(Problem) -> (TemplateSource, ServiceType) {
        switch (request.dump, request.source) {
        // The request changes only settings of an existing template.
        case (nil, nil) where standing != nil && request.type == nil:
            guard let standing else { throw Problem(.templateNotFound, "there is no such template") }
            return (standing.source, standing.type)
        case (let path?, nil):
            guard let text = request.type else {
                throw Problem(
                    .usage, "--type is required with --dump",
                    next: ["--type \(engines.known.types.map(\.rawValue).joined(separator: "|"))"])
            }
            let type = ServiceType(rawValue: text)
            guard engines.known.types.contains(type) else {
                throw Problem(
                    .usage,
                    "unknown type '\(text)'; types are \(engines.known.types.map(\.rawValue).joined(separator: ", "))"
                )
            }
            _ = try await agent.call(CheckDump(path, type: type))
            return (.dump(path: path, isWatched: false), type)
        case (nil, let source?):
            let found = try await sources.find(CloneRequest(source: source, application: request.application))
            guard case .service(let service, _) = found else {
                throw Problem(.usage, "'\(source)' is a template; templates are made from a dump or a service")
            }
            guard service.custom == nil else {
                throw Problem(.usage, "'\(source)' is a custom service; templates are made from databases")
            }
            return (.service(service.id), service.type)
        case (nil, nil), (_?, _?):
            throw Problem(
                .usage, "a template is made from a dump or a service: give one of them",
                next: [
                    "roost template add NAME --dump FILE --type TYPE", "roost template add NAME --from SERVICE",
                ])
        }
    }

    /// Asks the engine whether it takes the settings that clones will have.
    private func check(_ template: Template) async throws(Problem) {
        let engine: EngineIdentity
        do {
            engine = try await engines.now().resolve(
                type: template.type, version: template.settings.version.flatMap { EngineVersion($0) })
        } catch let problem as Problem { throw problem } catch {
            throw Problem(.engineNotFound, "\(error)", next: ["roost engine ls"])
        }
        let standard = engines.known.defaultMemory(of: template.type)
        _ = try await agent.call(
            CheckConfiguration(
                config: template.settings.config, memory: template.settings.memory ?? standard, engine: engine))
        _ = try await agent.call(CheckExtensions(extensions: template.settings.extensions, engine: engine))
    }
}
