import RoostModel

// Accounts of a running server.
extension MongoDB {
    /// A replica receives its accounts as data. The primary of a group also lists the group's members.
    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan) { connection throws(MongoFault) in
            let hasAccounts = try plan.group == nil ? true : connection.isPrimary()
            if hasAccounts { try setShownAccount(plan, connection) }
            // The files may hold a newer certificate. A server that started without TLS uses it at its next start.
            if connection.usesTLS { try connection.run(["rotateCertificates": 1]) }
        }
        try await listMembers(plan)
    }

    /// Changes nothing if the account is right, because each change would make every client sign on again. The
    /// password is checked by signing on: the server does not reveal its credentials. Not `triesFirst`: the password
    /// is set in any case, for a server that no client has signed on to yet.
    func setShownAccount(
        _ plan: ServerPlan, _ connection: MongoConnection, triesFirst: Bool = true
    ) throws(MongoFault) {
        let found = try connection.run([
            "usersInfo": .string(plan.applicationUser), "showAuthenticationRestrictions": true,
        ])
        let standing = found["users"]?.items?.first?.document
        let roles = MongoDBAccounts.shownRoles(plan)
        if let standing, triesFirst, MongoDBAccounts.isShownAccount(standing, roles: roles),
            standing["authenticationRestrictions"]?.items?.isEmpty ?? true, try signsOn(plan, connection)
        {
            return
        }
        try connection.run(
            MongoDBAccounts.setShown(
                plan.applicationUser, password: plan.applicationPassword, exists: standing != nil, roles: roles))
    }

    private func signsOn(_ plan: ServerPlan, _ connection: MongoConnection) throws(MongoFault) -> Bool {
        do throws(MongoFault) {
            _ = try MongoConnection(
                plan.folders.socket, .user(plan.applicationUser, password: plan.applicationPassword), .administration,
                prefersTLS: connection.usesTLS)
            return true
        } catch {
            if error.code == MongoFault.Code.authenticationFailed { return false }
            throw error
        }
    }

    package func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser] {
        try await administer(plan) { connection throws(MongoFault) in
            try Self.listed(connection).map { EngineUser(name: $0.label, isShown: $0.label == plan.applicationUser) }
        }
    }

    package func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        do throws(EngineError) {
            try await administer(plan) { connection throws(MongoFault) in
                _ = try connection.run(
                    MongoDBAccounts.create(name, password: password, databases: plan.databases))
            }
        } catch {
            if case .refused(MongoFault.Code.userExists, _) = error { throw .userExists(name) }
            throw error
        }
    }

    package func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        let existed = try await administer(plan) { connection throws(MongoFault) in
            guard let user = try Self.listed(connection).first(where: { $0.label == name }) else { return false }
            // Sessions first: their operations are killed while the server still knows the user. After the drop, open
            // connections have no rights.
            try connection.run([
                "killAllSessions": [["user": .string(user.name), "db": .string(user.database)]]
            ])
            try connection.run(["dropUser": .string(user.name)], on: user.database)
            return true
        }
        if !existed { throw .userUnknown(name) }
    }

    static func listed(_ connection: MongoConnection) throws(MongoFault) -> [MongoDBAccounts.Listed] {
        let found = try connection.run(["usersInfo": ["forAllDBs": true]])
        return (found["users"]?.items ?? []).compactMap { $0.document.flatMap(MongoDBAccounts.Listed.init) }
            .sorted { $0.label < $1.label }
    }

    private func refuseReserved(_ name: String, _ plan: ServerPlan) throws(EngineError) {
        if name == plan.applicationUser || name == MongoDBAccounts.administrator { throw .userReserved(name) }
    }
}
