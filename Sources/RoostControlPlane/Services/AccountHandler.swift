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
        let order = try await services.serving(id)
        return try await agent.call(ListUsers(order)).map {
            UserInfo(
                name: $0.name, shown: $0.isShown, replication: order.spec.isChangeReader($0.name) ? [.cdc] : [],
                password: nil)
        }
    }

    func addUser(to id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo {
        let service = try await records.findService(id).value
        let family = engines.known.family(named: service.engine.name)
        if let fault = family?.userFault(request.name) {
            throw Problem(.nameInvalid, "'\(request.name)' \(fault)")
        }
        let readsChanges = request.replication?.contains(.cdc) ?? false
        if readsChanges { try refuseReader(of: service, family) }
        return try await inTurn(id) { () async throws(Problem) in
            try await prepareReader(request.name, readsChanges, id)
            do throws(Problem) {
                return try await addUser(request.name, readsChanges, to: id)
            } catch {
                // A name that is recorded without a user would give the right to whoever gets the name. The first error
                // is reported.
                if readsChanges { try? await forgetReader(request.name, of: id) }
                throw error
            }
        }
    }

    private func addUser(_ name: String, _ readsChanges: Bool, to id: ServiceID) async throws(Problem) -> UserInfo {
        let password = Passwords.generate()
        let sealed = try key.sealed(password, of: id, .user)
        let (primary, replicas) = try await accountOrders(id)
        _ = try await agent.call(AddUser(name, password: sealed, primary))
        do throws(Problem) {
            for order in replicas {
                // A user that an interrupted addition left behind has another password.
                try await removeUser(name, from: order)
                _ = try await agent.call(AddUser(name, password: sealed, order))
            }
        } catch {
            // The user's password was given to nobody. A user that stays behind can be removed, and is when it is
            // added again.
            _ = try? await removeUser(name, from: primary)
            throw error
        }
        await events.add(
            "user_added", "user \(name) was added to \(id.service)" + (readsChanges ? ", and reads its changes" : ""),
            service: id)
        return UserInfo(name: name, shown: false, replication: readsChanges ? [.cdc] : [], password: password)
    }

    func removeUser(_ name: String, from id: ServiceID) async throws(Problem) {
        try await inTurn(id) { () async throws(Problem) in
            let service = try await records.findService(id).value
            var isKnown = service.spec.isChangeReader(name)
            if isKnown {
                // The record is changed last, and could not be otherwise.
                try refuseWhileChanging(service)
                try refuseWhilePaused(service)
            }
            let (primary, replicas) = try await accountOrders(id)
            for order in [primary] + replicas where try await removeUser(name, from: order) { isKnown = true }
            try await forgetReader(name, of: id)
            guard isKnown else {
                throw Problem(
                    .userNotFound, "'\(id)' has no user '\(name)'", next: ["roost user ls \(id.service)"])
            }
            await events.add("user_removed", "user \(name) was removed from \(id.service)", service: id)
        }
    }

    /// Carries out a change of a service's users once no other one is under way.
    private func inTurn<Value: Sendable>(
        _ id: ServiceID, _ work: @escaping @Sendable () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        try await records.inTurn("users of \(id)", work)
    }

    // MARK: Users who read changes

    private static let readerPatience: Duration = .seconds(60)

    private func refuseReader(of service: Service, _ family: EngineFamily?) throws(Problem) {
        guard let family, let fault = ChangeReaderRule(family, service.settings).fault(service.id.service) else {
            return
        }
        throw Problem(.usage, fault.reason, next: fault.next)
    }

    /// Brings the record of those who read changes to what the new user is to be, before there is the user. The right is
    /// recorded first: members compare their accounts with the record, and would revoke it.
    private func prepareReader(_ name: String, _ readsChanges: Bool, _ id: ServiceID) async throws(Problem) {
        let isRecorded = try await records.findService(id).value.spec.isChangeReader(name)
        guard readsChanges || isRecorded else { return }
        if try await users(of: id).contains(where: { $0.name == name }) {
            throw Problem(.exists, "user '\(name)' already exists", next: ["roost user rm \(id.service) \(name)"])
        }
        guard readsChanges else { return try await forgetReader(name, of: id) }
        do throws(Problem) {
            try await services.carryOutChange("user", for: id, within: Self.readerPatience) {
                spec, service throws(Problem) in
                // A push may have changed the settings meanwhile.
                try refuseReader(of: service, engines.known.family(named: service.engine.name))
                spec.addChangeReader(name)
            }
        } catch {
            // The first error is reported. A name that stays recorded can be removed, or added again.
            try? await forgetReader(name, of: id)
            throw error
        }
    }

    /// Removes a name from the record. Nothing changes if it is not recorded.
    private func forgetReader(_ name: String, of id: ServiceID) async throws(Problem) {
        guard try await records.findService(id).value.spec.isChangeReader(name) else { return }
        _ = try await services.requestChange("user", for: id) { spec, _ in spec.removeChangeReader(name) }
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
