import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

extension ControlPlane {
    package func service(_ id: ServiceID, showPassword: Bool) async throws(Problem) -> ServiceInfo {
        try describe(try await findService(id).value, showPassword: showPassword)
    }

    package func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo {
        let service = try await findService(id).value
        if let index = request.instance, !service.instances.contains(where: { $0.index == index }) {
            throw Problem(
                .instanceNotFound, "'\(id.service)' has no instance \(index)", next: ["roost info \(id.service)"])
        }
        try refuseLostFiles(service, to: "restarted")
        let operation = try await wish("restart", for: id) { spec, _ in
            if let index = request.instance {
                spec.restarts = (spec.restarts ?? [:]).merging([index: spec.generation]) { $1 }
            } else {
                spec.restartGeneration = spec.generation
            }
        }
        await events.add("restart_requested", "a restart of \(id.service) was requested", service: id)
        return operation
    }

    package func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo {
        let operation = try await wish("promote", for: id) { spec, service throws(Problem) in
            guard !service.replicas.isEmpty else {
                throw Problem(
                    .conflict, "'\(id.service)' has no replica that could take over",
                    next: ["roost scale \(id.service):instances=2"])
            }
            guard service.intent == .run else {
                throw Problem(
                    .conflict, "\(id.service) is already being changed", next: ["roost wait \(id.service)"])
            }
            spec.ask(for: .promote(to: try successor(of: service, request.instance)))
        }
        await events.add("promotion_requested", "a new primary of \(id.service) was requested", service: id)
        return operation
    }

    /// The requested replica, or the replica with the lowest index that follows the primary.
    private func successor(of service: Service, _ wanted: Int?) throws(Problem) -> Int {
        let (name, report) = (service.id.service, board.status(of: service.id))
        guard let wanted else {
            if let found = service.replicas.first(where: { report?.instances[$0.index]?.following?.link == .up }) {
                return found.index
            }
            throw Problem(
                .serviceUnavailable, "no replica of '\(name)' follows its primary", next: ["roost info \(name)"])
        }
        guard wanted != service.status.primary else {
            throw Problem(.conflict, "\(InstanceID(service.id, wanted).name) is already the primary")
        }
        guard service.replicas.contains(where: { $0.index == wanted }) else {
            throw Problem(.instanceNotFound, "'\(name)' has no instance \(wanted)", next: ["roost info \(name)"])
        }
        guard report?.instances[wanted]?.following?.link == .up else {
            throw Problem(
                .serviceUnavailable,
                "\(InstanceID(service.id, wanted).name) is not following the primary at the moment",
                next: ["roost info \(name)"])
        }
        return wanted
    }

    package func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo {
        let grace = request.graceSeconds ?? 0
        guard grace >= 0, grace <= 30 * 24 * 3600 else {
            throw Problem(.usage, "the grace time must be between 0 and 30 days")
        }
        let standing = try await findService(id).value
        guard standing.custom == nil else {
            throw Problem(.usage, "'\(id.service)' is a custom service: its own program manages its passwords")
        }
        let engine = standing.engine
        guard grace == 0 || engines.known.family(named: engine.name)?.acceptsPreviousPassword ?? true else {
            throw Problem(
                .usage,
                "\(engine.name) allows one password per account, so the old one stops working at once; "
                    + "--grace is not available",
                next: ["roost password rotate \(id.service)", "roost user add \(id.service) NAME"])
        }
        let fresh = try key.sealed(Passwords.generate(), of: id, .password)
        let operation = try await wish("password", for: id) { spec, _ in
            spec.credentials.previousPassword = grace > 0 ? spec.credentials.password : nil
            spec.credentials.previousUntil = grace > 0 ? Date().addingTimeInterval(grace) : nil
            spec.credentials.password = fresh
        }
        await events.add(
            "password_rotated",
            "\(id.service) has a new password"
                + (grace > 0 ? "; the old one is accepted for another \(Int(grace)) s" : ""),
            service: id)
        return operation
    }

    // MARK: Accounts

    package func users(_ id: ServiceID) async throws(Problem) -> [UserInfo] {
        try await agent.call(ListUsers(try await serving(id))).map {
            UserInfo(name: $0.name, shown: $0.isShown, password: nil)
        }
    }

    package func addUser(_ id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo {
        let engine = try await findService(id).value.engine
        if let fault = engines.known.family(named: engine.name)?.userFault(request.name) {
            throw Problem(.nameInvalid, "'\(request.name)' \(fault)")
        }
        let password = Passwords.generate()
        let sealed = try key.sealed(password, of: id, .user)
        let (primary, replicas) = try await accountOrders(id)
        _ = try await agent.call(AddUser(request.name, password: sealed, primary))
        do throws(Problem) {
            for order in replicas {
                // A user that an interrupted addition left behind has another password.
                try await removeUser(request.name, from: order)
                _ = try await agent.call(AddUser(request.name, password: sealed, order))
            }
        } catch {
            // The user's password was given to nobody. A user that stays behind can be removed, and is when it is
            // added again.
            _ = try? await removeUser(request.name, from: primary)
            throw error
        }
        await events.add("user_added", "user \(request.name) was added to \(id.service)", service: id)
        return UserInfo(name: request.name, shown: false, password: password)
    }

    package func removeUser(_ id: ServiceID, _ name: String) async throws(Problem) {
        let (primary, replicas) = try await accountOrders(id)
        var isKnown = false
        for order in [primary] + replicas where try await removeUser(name, from: order) { isKnown = true }
        guard isKnown else { throw Problem(.userNotFound, "there is no user '\(name)'") }
        await events.add("user_removed", "user \(name) was removed from \(id.service)", service: id)
    }

    /// The members that keep users of their own, the primary first. If users replicate with the data, the primary
    /// alone.
    private func accountOrders(
        _ id: ServiceID
    ) async throws(Problem) -> (primary: SealedOrder, replicas: [SealedOrder]) {
        let primary = try await serving(id)
        let service = primary.service
        guard engines.known.family(named: service.engine.name)?.usersReplicate == false else {
            return (primary, [])
        }
        var replicas: [SealedOrder] = []
        for member in service.replicas {
            guard board.status(of: id)?.instances[member.index]?.state == .up else {
                throw Problem(
                    .serviceUnavailable,
                    "\(InstanceID(id, member.index).name) is not up and would miss the change",
                    next: ["roost info \(id.service)"])
            }
            replicas.append(SealedOrder(application: primary.application, service: service, index: member.index))
        }
        return (primary, replicas)
    }

    /// Returns whether the user existed.
    @discardableResult
    private func removeUser(_ name: String, from order: SealedOrder) async throws(Problem) -> Bool {
        do throws(Problem) {
            _ = try await agent.call(RemoveUser(name, order))
            return true
        } catch {
            guard error.code == .userNotFound else { throw error }
            return false
        }
    }

    // MARK: Clients and logs

    package func client(_ id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        let service = try await findService(id).value
        let order = try order(service, try await findApplication(id.application).value, index: request.instance)
        return try await offer(order, request)
    }

    /// The client for `run` and `with`, of services and of clones: the service's variables, `DATABASE_URL` among
    /// them, and the client's own, all of the same address.
    func offer(_ order: SealedOrder, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        let service = order.service
        var connection = try environmentFiles.connection(service)
        if service.custom != nil { return try customClient(connection, request) }
        if request.instance != nil, let port = order.instance?.port { connection = connection.at(port) }
        let sealed = try await agent.call(
            OfferClient(request, host: connection.host, port: connection.endpoint, order))
        let text = try key.opened(sealed, of: service.id, .offer)
        let offer: ClientOffer
        do { offer = try JSON.decode(from: Data(text.utf8)) } catch {
            throw Problem(.failed, "cannot determine the client program of \(service.id): \(error)")
        }
        let own = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        let environment = Dictionary(own.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            .merging(offer.environment) { $1 }
        return ClientOffer(
            arguments: offer.arguments, environment: environment,
            unset: Set(offer.unset).subtracting(environment.keys).sorted(), files: offer.files, path: offer.path)
    }

    package func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        let service = try await findService(id.service).value
        guard service.instances.contains(where: { $0.index == id.index }) else {
            throw Problem(
                .instanceNotFound, "'\(id.service.service)' has no instance \(id.index)",
                next: ["roost info \(id.service.service)"])
        }
        return try await agent.log(of: id, lines: min(max(lines, 0), 100_000), follow: follow)
    }

    /// An order for the service's primary, which must be up.
    func serving(_ id: ServiceID) async throws(Problem) -> SealedOrder {
        let service = try await findService(id).value
        guard board.status(of: id)?.instances[service.status.primary]?.state == .up else {
            throw Problem(
                .serviceUnavailable, "'\(id.service)' is not up",
                next: ["roost info \(id.service)", "roost logs \(id.service)"])
        }
        return try order(service, try await findApplication(id.application).value)
    }
}
