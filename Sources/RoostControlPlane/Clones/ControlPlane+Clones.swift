import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel

extension ControlPlane {
    package func clones() async throws(Problem) -> [CloneInfo] {
        var infos: [CloneInfo] = []
        for service in try await copies.all() where service.clone?.name != nil {
            infos.append(try describe(clone: service, showPassword: false))
        }
        return infos.sorted { $0.name < $1.name }
    }

    package func clone(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo {
        try describe(clone: try await copies.find(name).value, showPassword: showPassword)
    }

    package func makeClone(
        _ name: CloneName?, _ request: CloneRequest, token: String?
    ) async throws(Problem) -> CloneAnswer {
        try await makeClone(name, request, as: nil, token: token)
    }

    package func makeClone(
        _ name: CloneName, _ request: CloneRequest, as wish: MyaasWish
    ) async throws(Problem) -> CloneAnswer {
        try await makeClone(name, request, as: .some(wish), token: nil)
    }

    package func myaasLabels() async throws(Problem) -> [String: String] {
        try await copies.all().reduce(into: [:]) { labels, service in
            guard let clone = service.clone, let name = clone.name, let label = clone.label else { return }
            labels[name.rawValue] = label
        }
    }

    private func makeClone(
        _ name: CloneName?, _ request: CloneRequest, as myaas: MyaasWish?, token: String?
    ) async throws(Problem) -> CloneAnswer {
        let source = try await source(request)
        if let name, let standing = try await standing(name, source, request) { return standing }
        let isChosen = name == nil
        let name = try await unusedName(name, for: source)
        let terms = try terms(request)
        var wish = try await wish(source, of: name, request, terms)
        wish.myaas = myaas
        wish.token = token
        // A waiting clone has a password already, so it cannot be handed out for a request that may bring its own.
        if case .template(let template) = source, request.isPlain, myaas == nil,
            let taken = try await copies.takeWaiting(name, wish, quotas: settings.quotas)
        {
            keeper.wake()
            await events.add("clone_made", "clone \(name) of \(template.name) was taken from the pool")
            return CloneAnswer(clone: try describe(clone: taken, showPassword: true), operation: nil)
        }
        let made: (service: Service, operation: OperationRecord?)
        do throws(Problem) { made = try await copies.make(name, wish) } catch  where error.code == .conflict {
            // The other of two requests with one name was first. A randomly chosen name must not hand out another
            // request's clone.
            if !isChosen, let standing = try await standing(name, source, request) { return standing }
            throw error
        }
        await events.add("clone_made", "clone \(name) of \(wish.origin.source) is being created")
        return CloneAnswer(
            clone: try describe(clone: made.service, showPassword: true), operation: made.operation?.info)
    }

    package func resetClone(_ name: CloneName) async throws(Problem) -> OperationInfo {
        let operation = try await copies.reset(name)
        await events.add("clone_reset", "clone \(name) is being reset")
        return operation
    }

    package func extendClone(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo {
        let end = try expiry(request.ttlSeconds)
        return try describe(clone: try await copies.changeTerms(name) { $0.expiresAt = end }, showPassword: false)
    }

    package func protectClone(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo {
        let isProtected = request.protected
        return try describe(
            clone: try await copies.changeTerms(name) { $0.isProtected = isProtected }, showPassword: false)
    }

    package func removeClone(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo {
        let service = try await copies.find(name).value
        if service.clone?.terms.isProtected ?? false {
            try requireConfirmation(
                confirm, name: "\(name)", "clone '\(name)' is protected; removing it deletes its data",
                command: "roost clone rm \(name) --yes  # or first: roost clone protect \(name) --off")
        }
        let operation = try await copies.remove(service.id)
        await events.add(
            "clone_removed", "clone \(name) of \(service.clone?.origin.source ?? "") was removed on request")
        return operation
    }

    // MARK: As with a service

    package func restart(clone name: CloneName) async throws(Problem) -> OperationInfo {
        let id = try await copies.find(name).value.id
        let operation = try await wish("restart", for: id) { spec, _ in
            spec.restartGeneration = spec.generation
        }
        await events.add("restart_requested", "a restart of clone \(name) was requested")
        return operation
    }

    package func logs(
        ofClone name: CloneName, lines: Int, follow: Bool
    ) async throws(Problem) -> AsyncStream<String> {
        let id = try await copies.find(name).value.id
        return try await agent.log(of: InstanceID(id, 0), lines: min(max(lines, 0), 100_000), follow: follow)
    }

    package func takeSnapshot(
        ofClone name: CloneName, _ request: SnapshotRequest
    ) async throws(Problem) -> OperationInfo {
        try await takeSnapshot(try await copies.find(name).value, named: "\(name)", request)
    }

    package func restore(
        clone name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        let service = try await copies.find(name).value
        guard let record = try await agent.call(FindSnapshot(service.id, snapshot)).record else {
            throw Problem(
                .snapshotNotFound, "clone '\(name)' has no snapshot '\(snapshot)'", next: ["roost snapshot ls"])
        }
        return try await restoreInPlace(service, named: "\(name)", record, request)
    }

    package func environment(ofClone name: CloneName) async throws(Problem) -> EnvironmentInfo {
        let service = try await copies.find(name).value
        let connection = try environmentFiles.connection(service)
        let variables = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        return EnvironmentInfo(variables: Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    }

    package func client(
        ofClone name: CloneName, _ request: ClientOfferRequest
    ) async throws(Problem) -> ClientOffer {
        let service = try await copies.find(name).value
        let order = try order(service, try await copies.application())
        return try await offer(order, request)
    }

    // MARK: Sources

    enum CloneSource: Sendable {
        case template(Template)
        case service(Service, Application)

        var text: String {
            switch self {
            case .template(let template): "\(template.name)"
            case .service(let service, _): "\(service.id)"
            }
        }
    }

    /// Finds the source: a template's name, else a service's name in the request's application, else
    /// `application/service`.
    func source(_ request: CloneRequest) async throws(Problem) -> CloneSource {
        if request.at == nil, let name = TemplateName(rawValue: request.source),
            let template = try await records.template(name)
        {
            return .template(template.value)
        }
        let parts = request.source.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let words = parts.count == 1 ? [request.application ?? "", parts[0]] : parts
        guard words.count == 2, let application = ApplicationName(rawValue: words[0]),
            let service = ServiceName(rawValue: words[1])
        else { throw await unknownSource(request.source) }
        let id = ServiceID(application, service)
        guard let found = try await records.service(id), let owner = try await records.application(application) else {
            throw await unknownSource(request.source)
        }
        return .service(found.value, owner.value)
    }

    private func unknownSource(_ text: String) async -> Problem {
        // Templates that cannot be read are not suggested.
        let known = ((try? await records.templates()) ?? []).map { "\($0.value.name)" }
        return Problem(
            .sourceNotFound,
            "there is no template or service '\(text)'"
                + (known.isEmpty ? "" : "; available templates: \(known.joined(separator: ", "))"),
            next: ["roost template ls", "or name a service: APPLICATION/SERVICE"])
    }

    // MARK: Wishes

    private func wish(
        _ source: CloneSource, of name: CloneName?, _ request: CloneRequest, _ terms: CloneTerms
    ) async throws(Problem) -> Clones.Wish {
        var wish: Clones.Wish
        switch source {
        case .template(let template): wish = try await templateRoom.wish(template, terms: terms)
        case .service(let service, let owner): wish = try await self.wish(service, owner, request, terms)
        }
        if let text = request.memory {
            guard let memory = ByteCount(text) else {
                throw Problem(.usage, "invalid memory size '\(text)': use, for example, 512M")
            }
            wish.settings.memory = memory
        }
        if let cpus = request.cpus { wish.settings.cpus = cpus > 0 ? cpus : nil }
        if let config = request.config { wish.settings.config.merge(config) { $1 } }
        if request.durable ?? false { wish.isDurable = true }
        let family = engines.known.family(named: wish.engine.name)
        if let minimum = family?.minimumMemory, wish.settings.memory < minimum {
            throw Problem(
                .memoryTooSmall, "a clone of \(source.text) needs at least \(minimum), not \(wish.settings.memory)")
        }
        if request.memory != nil || request.config != nil {
            try await check(wish.settings, wish.engine, of: name?.rawValue ?? "NAME")
        }
        return wish
    }

    private func wish(
        _ service: Service, _ owner: Application, _ request: CloneRequest, _ terms: CloneTerms
    ) async throws(Problem) -> Clones.Wish {
        guard service.custom == nil else {
            throw Problem(
                .usage, "'\(service.id.service)' is a custom service, and custom services cannot be cloned yet")
        }
        try refuseEnding(service)
        _ = try await copies.application()
        var engine = service.engine
        var pause: Duration?
        let snapshot: String
        if let at = request.at {
            guard let record = try await agent.call(FindSnapshot(service.id, at)).record else {
                throw Problem(
                    .snapshotNotFound, "'\(service.id.service)' has no snapshot '\(at)'",
                    next: ["roost snapshot ls \(service.id.service) -A \(service.id.application)"])
            }
            (snapshot, engine) = (at, record.manifest.service.engine)
        } else {
            try refuseLostFiles(service, to: "cloned")
            snapshot = newSnapshotID() + "-clone"
            pause = try maxPause(request.maxPauseMilliseconds)
        }
        var settings = service.settings
        settings.instances = 1
        settings.durability = .async
        settings.routing = .primary
        settings.expose = .local
        return Clones.Wish(
            origin: .snapshot(service.id, id: snapshot), type: service.type, engine: engine,
            databases: service.databaseNames, shownUser: service.credentials.user, user: owner.user,
            settings: settings, isDurable: false, terms: terms, maxPause: pause)
    }

    func maxPause(_ milliseconds: Double?) throws(Problem) -> Duration {
        guard let milliseconds else { return SnapshotTerms.defaultPause }
        guard milliseconds.isFinite, (1...10_000).contains(milliseconds) else {
            throw Problem(.usage, "the maximum pause must be between 1 ms and 10 s, not \(milliseconds) ms")
        }
        return .milliseconds(milliseconds)
    }

    private func terms(_ request: CloneRequest) throws(Problem) -> CloneTerms {
        let idle = request.idleSeconds ?? 0
        guard idle.isFinite, idle >= 0, idle <= Self.longestLife else {
            throw Problem(.usage, "the idle time must be between 0 (off) and 10 years")
        }
        return CloneTerms(
            expiresAt: try expiry(request.ttlSeconds ?? CloneTerms.defaultLifetime), idleSeconds: idle > 0 ? idle : nil,
            isProtected: request.protected ?? false)
    }

    private static let longestLife: Double = 10 * 365 * 24 * 3600

    private func expiry(_ seconds: Double) throws(Problem) -> Date? {
        guard seconds.isFinite, seconds >= 0, seconds <= Self.longestLife else {
            throw Problem(.usage, "a clone's lifetime must be between 0 (unlimited) and 10 years")
        }
        return seconds > 0 ? Date().addingTimeInterval(seconds) : nil
    }

    /// Idempotent: an existing clone of the same source is returned. A requested lifetime is applied if it is longer;
    /// other terms are not applied, which the notes say.
    private func standing(
        _ name: CloneName, _ source: CloneSource, _ request: CloneRequest
    ) async throws(Problem) -> CloneAnswer? {
        guard try await records.clone(name) != nil else { return nil }
        var service = try await copies.find(name).value
        guard service.clone?.origin.source == source.text, let terms = service.clone?.terms else {
            throw Clones.taken(name)
        }
        var notes = ["clone '\(name)' already exists; to reset its data, run 'roost clone reset \(name)'"]
        if let seconds = request.ttlSeconds {
            let end = try expiry(seconds)
            if terms.isExtended(by: end) {
                service = try await copies.changeTerms(name) { $0.expiresAt = end }
                notes.append("its lifetime was extended")
            } else {
                notes.append(
                    "it is kept longer than requested; to shorten that, run 'roost clone extend \(name) TIME'")
            }
        }
        if request.namesOtherTerms {
            notes.append("its memory, cpus, settings and protection were not changed")
        }
        return CloneAnswer(clone: try describe(clone: service, showPassword: true), operation: nil, notes: notes)
    }

    private func unusedName(_ name: CloneName?, for source: CloneSource) async throws(Problem) -> CloneName {
        if let name { return name }
        var chosen = chosenName(for: source)
        while try await records.clone(chosen) != nil { chosen = chosenName(for: source) }
        return chosen
    }

    /// A random name such as `shop-3f9a2c`.
    private func chosenName(for source: CloneSource) -> CloneName {
        let stem =
            switch source {
            case .template(let template): template.name.rawValue
            case .service(let service, _): service.id.service.rawValue
            }
        return CloneName(checked: "\(stem.prefix(24))-\(TimedID.chance(6))")
    }

    func describe(clone service: Service, showPassword: Bool) throws(Problem) -> CloneInfo {
        guard let clone = service.clone else { throw Problem(.failed, "\(service.id) is not a clone") }
        let (kind, image) =
            switch clone.origin {
            case .template(_, let version): ("template", version)
            case .snapshot(_, let id): ("service", id)
            }
        return CloneInfo(
            name: clone.name?.rawValue ?? "", source: clone.origin.source, sourceKind: kind, image: image,
            service: try describe(service, showPassword: showPassword), durable: clone.isDurable, terms: clone.terms)
    }
}

extension CloneTerms {
    /// Whether `end` is later than the present end. Nil means for ever.
    func isExtended(by end: Date?) -> Bool {
        guard let expiresAt else { return false }
        return end.map { $0 > expiresAt } ?? true
    }
}

extension CloneRequest {
    /// Whether the request has terms that an existing clone does not take over.
    fileprivate var namesOtherTerms: Bool {
        memory != nil || cpus != nil || config != nil || durable != nil || idleSeconds != nil || protected != nil
    }

    /// Whether a clone that was made ahead satisfies the request.
    fileprivate var isPlain: Bool {
        memory == nil && cpus == nil && config == nil && durable != true && at == nil
    }
}
