import RoostModel

/// SQL statements for the accounts that users add, where the servers of the family differ.
struct UserStatements: Sendable {
    /// Query for account names, one row per name; roles are excluded.
    let list: String
    /// Query for the hosts of an account, one row per host.
    let hosts: @Sendable (_ name: String) -> String
    let create: @Sendable (_ name: String, _ password: String) -> String
    /// Rights on everything of users who read changes: the log itself, and its files and positions.
    let readingChanges: [String]
    /// Quotes a database name for a grant. Servers differ in whether it is a pattern there.
    let granted: @Sendable (_ database: String) -> String
    /// Ends the sessions of a dropped account, which otherwise outlive it.
    let endSessions: @Sendable (_ name: String, ServerConnection) throws(ClientFault) -> Void

    func create(_ name: String, password: String, plan: ServerPlan) -> [String] {
        let account = SQLText.account(name, "%")
        let reading = "GRANT \(readingChanges.joined(separator: ", ")) ON *.* TO \(account)"
        return [create(name, password)]
            + plan.databases.map { "GRANT ALL PRIVILEGES ON \(granted($0)).* TO \(account)" }
            + (plan.changeReaders.contains(name) ? [reading] : [])
    }

    func drop(_ name: String, hosts: [String]) -> String {
        "DROP USER " + hosts.map { SQLText.account(name, $0) }.joined(separator: ", ")
    }
}

/// Accounts that the engines or Roost need and users do not see.
enum SystemAccounts {
    static let administrator = "roost_admin"
    /// The empty name is the anonymous account.
    static let hidden: Set = [
        administrator, "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "PUBLIC", "",
    ]

    /// Also covers the replication accounts of members, whether they exist or not.
    static func areHidden(_ name: String) -> Bool { hidden.contains(name) || name.hasPrefix(GroupPlan.Follower.prefix) }
}

extension Administration {
    func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser] {
        try await administer(plan.address) { connection throws(ClientFault) in
            try connection.run(users.list).compactMap { $0.first ?? nil }
                .filter { !SystemAccounts.areHidden($0) }
                .map { EngineUser(name: $0, isShown: $0 == plan.applicationUser) }
        }
    }

    func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        let exists = try await administer(plan.address) { connection throws(ClientFault) in
            guard try connection.run(users.hosts(name)).isEmpty else { return true }
            let statements = users.create(name, password: password, plan: plan)
            for statement in statements { try connection.run(statement) }
            return false
        }
        if exists { throw .userExists(name) }
    }

    func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        let existed = try await administer(plan.address) { connection throws(ClientFault) in
            let hosts = try connection.run(users.hosts(name)).compactMap { $0.first ?? nil }
            guard !hosts.isEmpty else { return false }
            try connection.run(users.drop(name, hosts: hosts))
            try users.endSessions(name, connection)
            return true
        }
        if !existed { throw .userUnknown(name) }
    }

    private func refuseReserved(_ name: String, _ plan: ServerPlan) throws(EngineError) {
        if name == plan.applicationUser || SystemAccounts.areHidden(name) { throw .userReserved(name) }
    }
}
