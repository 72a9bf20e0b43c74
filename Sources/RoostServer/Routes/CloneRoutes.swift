import Hummingbird
import RoostAPI
import RoostModel

/// Clones: create, show, reset, extend, remove.
struct CloneRoutes: Sendable {
    let clones: any ClonesAPI
    let servers: any CloneServersAPI
    let access: any AccessAPI
    let operations: OperationRoutes
    let timeouts: Timeouts

    var routes: [HTTPRoute] {
        [
            HTTPRoute(CloneEndpoints.list, .list, handler: list),
            HTTPRoute(CloneEndpoints.make, .copy, handler: make),
            HTTPRoute(CloneEndpoints.makeNamed, .copy, handler: make),
            HTTPRoute(CloneEndpoints.show, .list, secretItem: "show_password", secretPermission: .copy, handler: show),
            HTTPRoute(CloneEndpoints.remove, .copy, handler: remove),
            HTTPRoute(CloneEndpoints.reset, .copy, handler: reset),
            HTTPRoute(CloneEndpoints.extend, .copy, handler: extend),
            HTTPRoute(CloneEndpoints.protect, .copy, handler: protect),
            HTTPRoute(CloneEndpoints.restart, .copy, handler: restart),
            HTTPRoute(CloneEndpoints.takeSnapshot, .copy, handler: takeSnapshot),
            HTTPRoute(CloneEndpoints.restore, .copy, handler: restore),
            HTTPRoute(CloneEndpoints.logs, .list, head: false, handler: logs),
            HTTPRoute(CloneEndpoints.environment, .copy, handler: environment),
            HTTPRoute(CloneEndpoints.client, .copy, handler: client),
        ]
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<CloneInfo>> {
        try .list(try await clones.list().filter { call.scope.includes(clone: $0) })
    }

    private func show(_ call: Call) async throws -> Reply<CloneInfo> {
        let showPassword = try call.query.flag("show_password")
        return try .json(try await found(call, showPassword: showPassword))
    }

    /// 201 for a clone that is ready at once or was waited for, 202 with the operation while the clone is being made,
    /// 200 if the clone already existed.
    private func make(_ call: Call, _ body: CloneRequest) async throws -> Reply<CloneAnswer> {
        let name = call.parameters.get("clone") == nil ? nil : try name(call)
        let waits = try operations.waits(call)
        let stood = name == nil ? false : try await stands(name)
        var token: String?
        if let text = call.token { token = try await access.name(ofToken: text) }
        var answer = try await make(name, body, call.scope, token: token)
        if waits, let operation = answer.operation {
            answer.operation = try await operations.ended(operation)
            answer.clone = try await clones.find(try checked(CloneName.self, answer.clone.name), showPassword: true)
        }
        if answer.operation?.state == .running { return try .work(answer, answer.operation) }
        guard !stood else { return try .json(answer) }
        return try .json(
            answer, status: .created, headers: [.location: CloneEndpoints.show.path(ClonePath(answer.clone.name))])
    }

    private func make(
        _ name: CloneName?, _ request: CloneRequest, _ scope: Scope, token: String?
    ) async throws(Problem) -> CloneAnswer {
        guard let only = scope.onlyApplication else {
            return try await clones.make(name, request, token: token)
        }
        do throws(Problem) { return try await clones.make(name, request.within(only), token: token) } catch
            where error.code == .sourceNotFound
        {
            // The platform's own message names templates, which an application's token must not see.
            throw Problem(
                .sourceNotFound,
                "application '\(only)' has no service '\(request.source)', and its token cannot clone templates",
                next: ["roost info -A \(only)"])
        }
    }

    private func stands(_ name: CloneName?) async throws -> Bool {
        guard let name else { return false }
        return try await clones.list().contains { $0.name == name.rawValue }
    }

    private func remove(_ call: Call) async throws -> Reply<OperationInfo> {
        _ = try await found(call)
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await clones.remove(try name(call), confirm: call.query.text("confirm")))
    }

    private func reset(_ call: Call) async throws -> Reply<OperationInfo> {
        _ = try await found(call)
        _ = try operations.waits(call)
        return try await operations.answer(call, try await clones.reset(try name(call)))
    }

    private func extend(_ call: Call, _ body: ExtendRequest) async throws -> Reply<CloneInfo> {
        _ = try await found(call)
        return try .json(try await clones.extend(try name(call), body))
    }

    private func protect(_ call: Call, _ body: ProtectRequest) async throws -> Reply<CloneInfo> {
        _ = try await found(call)
        return try .json(try await clones.protect(try name(call), body))
    }

    private func restart(_ call: Call) async throws -> Reply<OperationInfo> {
        _ = try await found(call)
        _ = try operations.waits(call)
        return try await operations.answer(call, try await servers.restart(try name(call)))
    }

    private func takeSnapshot(_ call: Call, _ body: SnapshotRequest) async throws -> Reply<OperationInfo> {
        _ = try await found(call)
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await servers.takeSnapshot(of: try name(call), body))
    }

    private func restore(_ call: Call, _ body: RestoreRequest) async throws -> Reply<OperationInfo> {
        _ = try await found(call)
        _ = try operations.waits(call)
        let snapshot = try call.parameter("snapshot")
        return try await operations.answer(
            call, try await servers.restore(try name(call), snapshot: snapshot, body))
    }

    private func logs(_ call: Call) async throws -> Reply<TextAnswer> {
        _ = try await found(call)
        let query = try LogQuery(call)
        let name = try name(call)
        return query.response(
            try await servers.logs(of: name, lines: query.lines, follow: query.follow), call, timeouts)
    }

    private func environment(_ call: Call) async throws -> Reply<EnvironmentInfo> {
        _ = try await found(call)
        return try .json(try await servers.environment(of: try name(call)))
    }

    private func client(_ call: Call, _ body: ClientOfferRequest) async throws -> Reply<ClientOffer> {
        _ = try await found(call)
        return try .json(try await servers.client(for: try name(call), body))
    }

    private func name(_ call: Call) throws(Problem) -> CloneName {
        try checked(CloneName.self, try call.parameter("clone"))
    }

    /// The clone, if the caller may see it.
    private func found(_ call: Call, showPassword: Bool = false) async throws -> CloneInfo {
        let name = try name(call)
        let clone = try await clones.find(name, showPassword: showPassword)
        guard call.scope.includes(clone: clone) else {
            throw Problem(.cloneNotFound, "there is no clone '\(name)'", next: ["roost clone ls"])
        }
        return clone
    }
}

extension Scope {
    /// An application's token sees the clones of that application's services.
    fileprivate func includes(clone: CloneInfo) -> Bool {
        guard case .only(let name) = self else { return self == .everything }
        return clone.sourceKind == "service" && clone.source.hasPrefix("\(name)/")
    }
}

extension CloneRequest {
    /// The same request for a caller restricted to one application: a bare name is one of its services.
    fileprivate func within(_ own: ApplicationName) throws(Problem) -> CloneRequest {
        let parts = source.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let named = parts.count == 2 ? String(parts[0]) : application ?? own.rawValue
        guard named == own.rawValue else {
            throw ApplicationName(rawValue: named).map { .outOfScope($0) } ?? .scopeTooSmall(.application(own))
        }
        return CloneRequest(
            source: parts.count == 2 ? source : "\(own)/\(source)", application: own.rawValue, at: at,
            ttlSeconds: ttlSeconds, idleSeconds: idleSeconds, memory: memory, cpus: cpus, config: config,
            durable: durable, protected: protected, maxPauseMilliseconds: maxPauseMilliseconds)
    }
}
