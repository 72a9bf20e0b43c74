import Hummingbird
import RoostModel

/// Clones: create, show, reset, extend, remove.
struct CloneRoutes: Sendable {
    private static let clone = "\(Paths.clones)/{clone}"

    let platform: any Platform
    let operations: OperationRoutes
    let rhythm: Rhythm

    var routes: [HTTPRoute] {
        let path = Self.clone
        return [
            HTTPRoute(.get, Paths.clones, .list, handler: list),
            HTTPRoute(.post, Paths.clones, .copy, query: ["wait"], handler: make),
            HTTPRoute(
                .get, path, .list, query: ["show_password"], secretItem: "show_password", secretNeed: .copy,
                handler: show),
            HTTPRoute(.put, path, .copy, query: ["wait"], handler: make),
            HTTPRoute(.delete, path, .copy, query: ["confirm", "wait"], handler: remove),
            HTTPRoute(.post, "\(path)/reset", .copy, query: ["wait"], handler: reset),
            HTTPRoute(.post, "\(path)/extend", .copy, handler: extend),
            HTTPRoute(.post, "\(path)/protect", .copy, handler: protect),
            HTTPRoute(.post, "\(path)/restart", .copy, query: ["wait"], handler: restart),
            HTTPRoute(.post, "\(path)/snapshots", .copy, query: ["wait"], handler: takeSnapshot),
            HTTPRoute(.post, "\(path)/snapshots/{snapshot}/restore", .copy, query: ["wait"], handler: restore),
            HTTPRoute(.get, "\(path)/logs", .list, query: ["lines", "follow"], head: false, handler: logs),
            HTTPRoute(.get, "\(path)/environment", .copy, handler: environment),
            HTTPRoute(.post, "\(path)/client", .copy, handler: client),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        try .list(try await platform.clones().filter { call.reach.includes(clone: $0) })
    }

    private func show(_ call: Call) async throws -> Response {
        let showPassword = try call.query.flag("show_password")
        return try .json(try await found(call, showPassword: showPassword))
    }

    /// 201 for a clone that is ready at once or was waited for, 202 with the operation while the clone is being made,
    /// 200 if the clone already existed.
    private func make(_ call: Call) async throws -> Response {
        let name = call.parameters.get("clone") == nil ? nil : try name(call)
        let waits = try operations.waits(call)
        let request: CloneRequest = try await call.body()
        let stood = name == nil ? false : try await stands(name)
        var token: String?
        if let text = call.token { token = try await platform.name(ofToken: text) }
        var answer = try await make(name, request, call.reach, token: token)
        if waits, let operation = answer.operation {
            answer.operation = try await operations.ended(operation)
            answer.clone = try await platform.clone(try checked(CloneName.self, answer.clone.name), showPassword: true)
        }
        if answer.operation?.state == .running { return try .work(answer, answer.operation) }
        guard !stood else { return try .json(answer) }
        return try .json(answer, status: .created, headers: [.location: "\(Paths.clones)/\(answer.clone.name)"])
    }

    private func make(
        _ name: CloneName?, _ request: CloneRequest, _ reach: Reach, token: String?
    ) async throws(Problem) -> CloneAnswer {
        guard let only = reach.onlyApplication else {
            return try await platform.makeClone(name, request, token: token)
        }
        do throws(Problem) { return try await platform.makeClone(name, request.within(only), token: token) } catch
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
        return try await platform.clones().contains { $0.name == name.rawValue }
    }

    private func remove(_ call: Call) async throws -> Response {
        _ = try await found(call)
        _ = try operations.waits(call)
        try await call.noBody()
        return try await operations.answer(
            call, try await platform.removeClone(try name(call), confirm: call.query.text("confirm")))
    }

    private func reset(_ call: Call) async throws -> Response {
        _ = try await found(call)
        _ = try operations.waits(call)
        try await call.noBody()
        return try await operations.answer(call, try await platform.resetClone(try name(call)))
    }

    private func extend(_ call: Call) async throws -> Response {
        _ = try await found(call)
        return try .json(try await platform.extendClone(try name(call), try await call.body()))
    }

    private func protect(_ call: Call) async throws -> Response {
        _ = try await found(call)
        return try .json(try await platform.protectClone(try name(call), try await call.body()))
    }

    private func restart(_ call: Call) async throws -> Response {
        _ = try await found(call)
        _ = try operations.waits(call)
        try await call.noBody()
        return try await operations.answer(call, try await platform.restart(clone: try name(call)))
    }

    private func takeSnapshot(_ call: Call) async throws -> Response {
        _ = try await found(call)
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await platform.takeSnapshot(ofClone: try name(call), try await call.body()))
    }

    private func restore(_ call: Call) async throws -> Response {
        _ = try await found(call)
        _ = try operations.waits(call)
        let snapshot = try call.parameter("snapshot")
        return try await operations.answer(
            call, try await platform.restore(clone: try name(call), snapshot: snapshot, try await call.body()))
    }

    private func logs(_ call: Call) async throws -> Response {
        _ = try await found(call)
        let query = try LogQuery(call)
        let name = try name(call)
        return query.response(
            try await platform.logs(ofClone: name, lines: query.lines, follow: query.follow), call, rhythm)
    }

    private func environment(_ call: Call) async throws -> Response {
        _ = try await found(call)
        return try .json(try await platform.environment(ofClone: try name(call)))
    }

    private func client(_ call: Call) async throws -> Response {
        _ = try await found(call)
        return try .json(try await platform.client(ofClone: try name(call), try await call.body()))
    }

    private func name(_ call: Call) throws(Problem) -> CloneName {
        try checked(CloneName.self, try call.parameter("clone"))
    }

    /// The clone, if the caller may see it.
    private func found(_ call: Call, showPassword: Bool = false) async throws -> CloneInfo {
        let name = try name(call)
        let clone = try await platform.clone(name, showPassword: showPassword)
        guard call.reach.includes(clone: clone) else {
            throw Problem(.cloneNotFound, "there is no clone '\(name)'", next: ["roost clone ls"])
        }
        return clone
    }
}

extension Reach {
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
            throw ApplicationName(rawValue: named).map { .outOfReach($0) } ?? .scopeTooSmall(.application(own))
        }
        return CloneRequest(
            source: parts.count == 2 ? source : "\(own)/\(source)", application: own.rawValue, at: at,
            ttlSeconds: ttlSeconds, idleSeconds: idleSeconds, memory: memory, cpus: cpus, config: config,
            durable: durable, protected: protected, maxPauseMilliseconds: maxPauseMilliseconds)
    }
}
