import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

/// Carries out the API's calls on a service's password and users.
struct AccountHandler: AccountsAPI {
    let records: Records
    let services: ServiceRegistry
    let engines: Engines
    let key: HomeKey
    let events: EventLog
    let agent: any Agent

    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo {
        let grace = request.graceSeconds ?? 0
        guard grace >= 0, grace <= 30 * 24 * 3600 else {
            throw Problem(.usage, "the grace time must be between 0 and 30 days")
        }
        let standing = try await records.findService(id).value
        guard standing.custom == nil else {
            throw Problem(.usage, "'\(id.service)' is a custom service: its own program manages its passwords")
        }
        if request.replication ?? false { return try await rotateReplication(id, standing, grace: grace) }
        let engine = standing.engine
        guard grace == 0 || engines.known.family(named: engine.name)?.acceptsPreviousPassword ?? true else {
            throw Problem(
                .usage,
                "\(engine.name) allows one password per account, so the old one stops working at once; "
                    + "--grace is not available",
                next: ["roost password rotate \(id.service)", "roost user add \(id.service) NAME"])
        }
        let fresh = try key.sealed(Passwords.generate(), of: id, .password)
        let operation = try await services.requestChange("password", for: id) { spec, _ in
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

    /// The reconciler brings the new passwords into effect; the operation ends once the old ones are void.
    private func rotateReplication(
        _ id: ServiceID, _ standing: Service, grace: Double
    ) async throws(Problem) -> OperationInfo {
        guard grace == 0 else {
            throw Problem(
                .usage,
                "--grace is not available for replication accounts: Roost itself gives the members their new passwords",
                next: ["roost password rotate \(id.service) --replication"])
        }
        guard !(engines.known.family(named: standing.engine.name)?.electsItself ?? false) else {
            throw Problem(
                .usage,
                "the members of '\(id.service)' have no replication accounts: \(standing.engine.name) members sign on to each "
                    + "other with one key file, which they read only when they start, and Roost does not change it")
        }
        let operation = try await services.requestChange("replication_passwords", for: id) {
            spec, service throws(Problem) in
            guard service.isGroup else {
                throw Problem(
                    .usage, "'\(id.service)' has one instance, and no replication account",
                    next: ["roost password rotate \(id.service)"])
            }
            guard !service.isChangingReplicationPasswords else {
                throw Problem(
                    .conflict, "the replication accounts of '\(id.service)' are just getting new passwords",
                    next: ["roost info \(id.service)"])
            }
            spec.replicationPasswords = service.status.currentReplicationPasswords.number + 1
        }
        return operation
    }

    // MARK: Accounts

    func users(of id: ServiceID) async throws(Problem) -> [UserInfo] {
        try await agent.call(ListUsers(try await services.serving(id))).map {
            UserInfo(name: $0.name, shown: $0.isShown, password: nil)
        }
    }

    func addUser(to id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo {
        let engine = try await records.findService(id).value.engine
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

    func removeUser(_ name: String, from id: ServiceID) async throws(Problem) {
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
        let primary = try await services.serving(id)
        let service = primary.service
        guard engines.known.family(named: service.engine.name)?.usersReplicate == false else {
            return (primary, [])
        }
        var replicas: [SealedOrder] = []
        for member in service.replicas {
            guard services.statusCache.status(of: id)?.instances[member.index]?.state == .up else {
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
}
