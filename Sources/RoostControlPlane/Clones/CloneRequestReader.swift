import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Reads requests for clones: the properties that a clone gets from its source and from the request.
struct CloneRequestReader: Sendable {
    let clones: Clones
    let templates: Templates
    let services: ServiceRegistry
    let engines: Engines

    /// The properties that the source gives, with the request's own in their place.
    func properties(
        _ source: CloneSource, of name: CloneName?, _ request: CloneRequest, _ terms: CloneTerms
    ) async throws(Problem) -> Clones.Properties {
        var properties: Clones.Properties
        switch source {
        case .template(let template): properties = try await templates.properties(ofClone: template, terms: terms)
        case .service(let service, let owner): properties = try await self.properties(service, owner, request, terms)
        }
        if let text = request.memory {
            guard let memory = ByteCount(text) else {
                throw Problem(.usage, "invalid memory size '\(text)': use, for example, 512M")
            }
            properties.settings.memory = memory
        }
        if let cpus = request.cpus { properties.settings.cpus = cpus > 0 ? cpus : nil }
        if let config = request.config { properties.settings.config.merge(config) { $1 } }
        if request.durable ?? false { properties.isDurable = true }
        let family = engines.known.family(named: properties.engine.name)
        if let minimum = family?.minimumMemory, properties.settings.memory < minimum {
            throw Problem(
                .memoryTooSmall,
                "a clone of \(source.text) needs at least \(minimum), not \(properties.settings.memory)")
        }
        if request.memory != nil || request.config != nil {
            try await engines.check(properties.settings, properties.engine, of: name?.rawValue ?? "NAME")
        }
        return properties
    }

    private func properties(
        _ service: Service, _ owner: Application, _ request: CloneRequest, _ terms: CloneTerms
    ) async throws(Problem) -> Clones.Properties {
        guard service.custom == nil else {
            throw Problem(
                .usage, "'\(service.id.service)' is a custom service, and custom services cannot be cloned yet")
        }
        try refuseWhileChanging(service)
        _ = try await clones.application()
        var engine = service.engine
        var pause: Duration?
        let snapshot: String
        if let at = request.at {
            guard let record = try await engines.machine.agent.call(FindSnapshot(service.id, at)).record else {
                throw Problem(
                    .snapshotNotFound, "'\(service.id.service)' has no snapshot '\(at)'",
                    next: ["roost snapshot ls \(service.id.service) -A \(service.id.application)"])
            }
            (snapshot, engine) = (at, record.manifest.service.engine)
        } else {
            try services.refuseLostFiles(service, to: "cloned")
            snapshot = TimedID.make() + "-clone"
            pause = try SnapshotTerms.longestPause(request.maxPauseMilliseconds)
        }
        var settings = service.settings
        settings.instances = 1
        settings.members = nil
        settings.verify = nil
        settings.notify = nil
        settings.durability = .async
        settings.routing = .primary
        settings.expose = .local
        return Clones.Properties(
            origin: .snapshot(service.id, id: snapshot), type: service.type, engine: engine,
            databases: service.databaseNames, applicationUser: service.credentials.user, user: owner.user,
            settings: settings, isDurable: false, terms: terms, maxPause: pause)
    }

    func terms(_ request: CloneRequest) throws(Problem) -> CloneTerms {
        let idle = request.idleSeconds ?? 0
        guard idle.isFinite, idle >= 0, idle <= Self.longestLife else {
            throw Problem(.usage, "the idle time must be between 0 (off) and 10 years")
        }
        return CloneTerms(
            expiresAt: try expiry(request.ttlSeconds ?? CloneTerms.defaultLifetime), idleSeconds: idle > 0 ? idle : nil,
            isProtected: request.protected ?? false)
    }

    private static let longestLife: Double = 10 * 365 * 24 * 3600

    func expiry(_ seconds: Double) throws(Problem) -> Date? {
        guard seconds.isFinite, seconds >= 0, seconds <= Self.longestLife else {
            throw Problem(.usage, "a clone's lifetime must be between 0 (unlimited) and 10 years")
        }
        return seconds > 0 ? Date().addingTimeInterval(seconds) : nil
    }
}
