import Foundation
import RoostModel
import Synchronization

/// Clones, templates and storage: a template `shop` that is ready, a template `young` that is being built, and clones
/// of `shop` and of both applications' services.
extension FakePlatform {
    // Snapshots

    func take(of id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        note("snapshot \(id) \(request.maxPauseMilliseconds.map { "\($0)" } ?? "-")")
        return begin("snapshot", id.application)
    }

    func remove(
        _ snapshot: String, of id: ServiceID, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        guard let found = try await list(id).first(where: { $0.id == snapshot }) else {
            throw Problem(.snapshotNotFound, "'\(id)' has no snapshot '\(snapshot)'")
        }
        guard dryRun || confirm == snapshot else { throw Problem(.confirmationNeeded, "confirm it") }
        note("remove snapshot \(snapshot) \(dryRun)")
        return found
    }

    // Clones

    func list() async throws(Problem) -> [CloneInfo] {
        state.withLock { $0.clones.values.sorted { $0.name < $1.name } }.map { hidden($0) }
    }

    func find(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo {
        guard let found = state.withLock({ $0.clones[name.rawValue] }) else {
            throw Problem(.cloneNotFound, "there is no clone '\(name)'", next: ["roost clone ls"])
        }
        return showPassword ? found : hidden(found)
    }

    private func hidden(_ clone: CloneInfo) -> CloneInfo {
        var clone = clone
        (clone.url, clone.password) = (nil, nil)
        return clone
    }

    func make(
        _ name: CloneName?, _ request: CloneRequest, token: String?
    ) async throws(Problem) -> CloneAnswer {
        state.withLock { $0.askers.append(token) }
        let isService = request.source.contains("/") || request.application != nil
        let full = request.source.contains("/") ? request.source : "\(request.application ?? "")/\(request.source)"
        let source = isService && !knows(template: request.source) ? full : request.source
        return try make(name ?? CloneName(checked: "chosen"), of: source, request, nil)
    }

    func make(
        _ name: CloneName, _ request: CloneRequest, _ terms: MyaasTerms
    ) async throws(Problem) -> CloneAnswer {
        try make(name, of: request.source, request, terms)
    }

    private func knows(template: String) -> Bool { state.withLock { $0.templates[template] != nil } }

    /// A template called `pooled` has one clone that waits in its pool; clones of all others take time.
    private func make(
        _ name: CloneName, of source: String, _ request: CloneRequest, _ terms: MyaasTerms?
    ) throws(Problem) -> CloneAnswer {
        if let standing = state.withLock({ $0.clones[name.rawValue] }) {
            guard standing.source == source else { throw Problem(.exists, "there is a clone '\(name)' already") }
            return CloneAnswer(clone: standing, operation: nil)
        }
        let parts = source.split(separator: "/")
        let services = parts.count == 2 ? state.withLock { $0.applications[String(parts[0])]?.services ?? [] } : []
        let template = state.withLock { $0.templates[source] }
        guard template != nil || services.contains(where: { $0.service == parts[1] }) else {
            throw Problem(.sourceNotFound, "there is no template '\(source)'", next: ["roost template ls"])
        }
        if let template, template.version == nil {
            throw template.state == .building
                ? Problem(.notReadyYet, "template '\(source)' is being built", next: ["roost template ls"])
                : Problem(.failed, "template '\(source)' was never built")
        }
        let isReady = source == "pooled"
        let end = request.ttlSeconds.flatMap { $0 > 0 ? Samples.time.addingTimeInterval($0) : nil }
        let clone = Samples.clone(
            name.rawValue, of: source, state: isReady ? .running : .creating, expiresAt: end)
        note("clone \(source) \(name)")
        state.withLock { state in
            state.cloneRequests.append(request)
            state.clones[name.rawValue] = clone
            if let terms {
                state.labels[name.rawValue] = terms.label
                state.myaasTerms.append(terms)
            }
        }
        guard !isReady else { return CloneAnswer(clone: clone, operation: nil) }
        let application = parts.count == 2 ? ApplicationName(rawValue: String(parts[0])) : nil
        return CloneAnswer(
            clone: clone, operation: begin("clone", application) { $0.clones[name.rawValue]?.state = .running })
    }

    func labels() async throws(Problem) -> [String: String] { state.withLock(\.labels) }

    func reset(_ name: CloneName) async throws(Problem) -> OperationInfo {
        note("reset \(name)")
        return begin("reset", nil)
    }

    func extend(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo {
        note("extend \(name) \(request.ttlSeconds)")
        return try await find(name, showPassword: false)
    }

    func protect(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo {
        note("protect \(name) \(request.protected)")
        return try await find(name, showPassword: false)
    }

    func remove(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo {
        let clone = try await find(name, showPassword: false)
        guard !clone.protected || confirm == name.rawValue else {
            throw Problem(.confirmationNeeded, "clone '\(name)' is protected", next: ["roost clone rm \(name) --yes"])
        }
        note("remove clone \(name)")
        return begin("destroy", nil) { $0.clones[name.rawValue] = nil }
    }

    func environment(of name: CloneName) async throws(Problem) -> EnvironmentInfo {
        EnvironmentInfo(variables: ["DATABASE_URL": "mysql://root:clone-secret@127.0.0.1:23000/shop"])
    }

    func client(for name: CloneName, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        ClientOffer(arguments: ["mysql"] + request.arguments, environment: [:], files: [:], path: [])
    }

    func restart(_ name: CloneName) async throws(Problem) -> OperationInfo {
        note("restart clone \(name)")
        return begin("restart", nil)
    }

    func takeSnapshot(of name: CloneName, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        note("snapshot clone \(name)")
        return begin("snapshot", nil)
    }

    func restore(
        _ name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        note("restore clone \(name) \(snapshot)")
        return begin("restore", nil)
    }

    func logs(of name: CloneName, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        AsyncStream { stream in
            stream.yield("a line of \(name)")
            stream.finish()
        }
    }

    // Templates

    func list() async throws(Problem) -> [TemplateInfo] {
        state.withLock { $0.templates.values.sorted { $0.name < $1.name } }
    }

    func find(_ name: TemplateName) async throws(Problem) -> TemplateInfo {
        guard let found = state.withLock({ $0.templates[name.rawValue] }) else {
            throw Problem(.templateNotFound, "there is no template '\(name)'", next: ["roost template ls"])
        }
        return found
    }

    func add(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer {
        note("template \(name) \(request.dump ?? request.source ?? "-")")
        if let standing = state.withLock({ $0.templates[name.rawValue] }), standing.version != nil {
            return TemplateAnswer(template: standing, operation: nil)
        }
        let template = Samples.template(name.rawValue, state: .building)
        state.withLock { $0.templates[name.rawValue] = template }
        return TemplateAnswer(
            template: template,
            operation: begin("template", nil) { $0.templates[name.rawValue] = Samples.template(name.rawValue) })
    }

    func refresh(_ name: TemplateName) async throws(Problem) -> OperationInfo {
        _ = try await find(name)
        return begin("template", nil)
    }

    func remove(_ name: TemplateName, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo {
        let found = try await find(name)
        guard dryRun || confirm == name.rawValue else { throw Problem(.confirmationNeeded, "confirm it") }
        note("remove template \(name) \(dryRun)")
        return found
    }

    // Storage

    func describe() async throws(Problem) -> StorageInfo {
        StorageInfo(
            method: "reflink",
            pool: .init(
                path: "/var/lib/roost/pool", state: "mounted", sizeBytes: .gibibytes(20), freeBytes: .gibibytes(12),
                reserveBytes: .gibibytes(1)),
            items: [
                .init(
                    kind: "template", name: "shop", place: "pool", sizeBytes: .mebibytes(300),
                    sharedBytes: .mebibytes(290), exclusiveBytes: .mebibytes(10))
            ])
    }

    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        guard ByteCount(request.size) != nil else { throw Problem(.usage, "'\(request.size)' is no size") }
        note("pool \(request.size)")
        return begin("storage_init", nil)
    }

    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        note("grow \(request.size)")
        return begin("storage_grow", nil)
    }

    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo {
        guard confirm == id.service.rawValue else { throw Problem(.confirmationNeeded, "confirm it") }
        note("move \(id)")
        return begin("storage_move", id.application)
    }
}
