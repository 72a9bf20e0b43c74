import Hummingbird
import RoostAPI
import RoostModel

/// A service: show, scale, restart, resync, passwords, users, client and logs.
struct ServiceRoutes: Sendable {
    let services: any ServicesAPI
    let instances: any InstancesAPI
    let accounts: any AccountsAPI
    let operations: OperationRoutes
    let timeouts: Timeouts

    var routes: [HTTPRoute] {
        [
            HTTPRoute(ServiceEndpoints.show, .readApplication, secretItem: "show_password", handler: show),
            HTTPRoute(ServiceEndpoints.destroy, .changeApplication, handler: destroy),
            HTTPRoute(ServiceEndpoints.scale, .changeApplication, handler: scale),
            HTTPRoute(ServiceEndpoints.promote, .changeApplication, handler: promote),
            HTTPRoute(ServiceEndpoints.failover, .changeApplication, handler: failOver),
            HTTPRoute(ServiceEndpoints.restart, .changeApplication, handler: restart),
            HTTPRoute(ServiceEndpoints.resync, .changeApplication, handler: resync),
            HTTPRoute(ServiceEndpoints.replication, .readApplication, handler: showReplication),
            HTTPRoute(ServiceEndpoints.failovers, .readApplication, handler: showFailovers),
            HTTPRoute(ServiceEndpoints.verifyReplication, .changeApplication, handler: verifyReplication),
            HTTPRoute(ServiceEndpoints.rotatePassword, .changeApplication, handler: rotatePassword),
            HTTPRoute(ServiceEndpoints.users, .readApplication, handler: users),
            HTTPRoute(ServiceEndpoints.addUser, .changeApplication, handler: addUser),
            HTTPRoute(ServiceEndpoints.removeUser, .changeApplication, handler: removeUser),
            HTTPRoute(ServiceEndpoints.client, .readSecrets, handler: client),
            HTTPRoute(ServiceEndpoints.instance, .readApplication, handler: showInstance),
            HTTPRoute(ServiceEndpoints.logs, .readApplication, head: false, handler: logs),
        ]
    }

    private func show(_ call: Call) async throws -> Reply<ServiceInfo> {
        let showPassword = try call.query.flag("show_password")
        let info = try await services.find(try call.service(), showPassword: showPassword)
        return try .json(showPassword ? info : info.withoutSecrets)
    }

    private func showInstance(_ call: Call) async throws -> Reply<ServiceInfo.Instance> {
        let id = try call.instance()
        let service = try await services.find(id.service, showPassword: false)
        guard let instance = service.instances.first(where: { $0.name == id.name }) else {
            throw Problem(
                .instanceNotFound, "'\(id.service.service)' has no instance \(id.index)",
                next: ["roost info \(id.service.service)"])
        }
        return try .json(instance)
    }

    private func showReplication(_ call: Call) async throws -> Reply<ReplicationInfo> {
        let info = ReplicationInfo(try await services.find(try call.service(), showPassword: false))
        return try .json(info, status: info.isHealthy ? .ok : .serviceUnavailable)
    }

    private func showFailovers(_ call: Call) async throws -> Reply<ItemList<FailoverInfo>> {
        let limit = try call.query.number("limit", in: 1...FailoverHistory.kept) ?? FailoverHistory.kept
        return try .list(try await services.failovers(of: try call.service(), limit: limit))
    }

    private func destroy(_ call: Call) async throws -> Reply<DestroyAnswer> {
        let id = try call.service()
        let waits = try operations.waits(call)
        var answer = try await services.destroy(id, try DestroyQuery.options(call.query))
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func scale(_ call: Call, _ body: ScaleRequest) async throws -> Reply<PushAnswer> {
        let id = try call.service()
        let waits = try operations.waits(call)
        var answer = try await instances.scale(id, body)
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func promote(_ call: Call, _ body: PromoteRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await instances.promote(id, body))
    }

    private func failOver(_ call: Call, _ body: FailoverRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await instances.failOver(id, body))
    }

    private func restart(_ call: Call, _ body: RestartRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await instances.restart(id, body))
    }

    private func resync(_ call: Call, _ body: ResyncRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await instances.resync(id, body))
    }

    private func verifyReplication(_ call: Call) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await instances.verifyReplication(id))
    }

    private func rotatePassword(_ call: Call, _ body: RotateRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await accounts.rotatePassword(id, body))
    }

    private func users(_ call: Call) async throws -> Reply<ItemList<UserInfo>> {
        let users = try await accounts.users(of: try call.service())
        return try .list(
            users.map { UserInfo(name: $0.name, shown: $0.shown, replication: $0.replication, password: nil) })
    }

    private func addUser(_ call: Call, _ body: UserRequest) async throws -> Reply<UserInfo> {
        try .json(try await accounts.addUser(to: try call.service(), body), status: .created)
    }

    private func removeUser(_ call: Call) async throws -> Reply<NoAnswer> {
        try await accounts.removeUser(try call.parameter("user"), from: try call.service())
        return .done
    }

    private func client(_ call: Call, _ body: ClientOfferRequest) async throws -> Reply<ClientOffer> {
        try .json(try await services.client(for: try call.service(), body))
    }

    private func logs(_ call: Call) async throws -> Reply<TextAnswer> {
        let id = try call.instance()
        let query = try LogQuery(call)
        return query.response(
            try await instances.logs(of: id, lines: query.lines, follow: query.follow), call, timeouts)
    }
}

/// The part of a log that is requested, and its answer.
struct LogQuery: Sendable {
    private static let presetLines = 100
    private static let mostLines = 10_000

    let lines: Int
    let follow: Bool

    init(_ call: Call) throws(Problem) {
        lines = try call.query.number("lines", in: 0...Self.mostLines) ?? Self.presetLines
        follow = try call.query.flag("follow")
    }

    func response(_ elements: AsyncStream<String>, _ call: Call, _ timeouts: Timeouts) -> Reply<TextAnswer> {
        let stream = LiveStream(
            elements: elements, opening: "", heartbeat: nil, interval: timeouts.heartbeat,
            remainsAdmitted: call.remainsAdmitted, text: { $0 + "\n" })
        let finite = ResponseBody(asyncSequence: elements.map { ByteBuffer(string: $0 + "\n") })
        return Reply(
            Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .acceleratedBuffering: "no"],
                body: follow ? stream.body(for: call.request) : finite))
    }
}
