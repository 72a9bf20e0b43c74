import Foundation
import RoostModel

/// The desired state of a MongoDB server's users and roles, and their status as its documents tell. Pure.
///
/// A user who may create users can grant himself every role, so the engine cannot keep the application user from it.
/// Roles that it granted itself, or others, are revoked.
struct MongoDBAccountFacts {
    let plan: ServerPlan

    private var shownRoles: String { "the roles of the application user \(plan.applicationUser)" }
    private var shownSignOn: String { "the login of the application user \(plan.applicationUser)" }
    private static let concern = "the default write concern"
    private static let members = "the list of members of the replica set"

    private static let rightSignOn = "right"

    var expectation: AccountExpectation {
        AccountExpectation(
            plan: plan,
            facts: [
                AccountFact(.applicationUser, shownSignOn, Self.rightSignOn),
                AccountFact(
                    .applicationUser, shownRoles,
                    MongoDBAccounts.shownRoles(plan).map { "\($0)@admin" }.joined(separator: " ")),
                AccountFact(.guarantee, Self.concern, "majority"),
            ] + (plan.setPeers.isEmpty ? [] : [Self.members(SetRoster.expected(plan.setPeers))]))
    }

    static func members(_ roster: String) -> AccountFact { AccountFact(.guarantee, members, roster) }

    // MARK: Questions

    /// The application user, and users with a forbidden role, without the thousands of others.
    var users: BSONDocument {
        let forbidden: BSONValue = ["role": ["$in": .array(Self.powers.map { .string($0) })], "db": "admin"]
        let hidden: BSONValue = ["db": ["$in": ["local", "config"]], "role": ["$ne": "read"]]
        return [
            "find": "system.users", "limit": 100, "singleBatch": true,
            "filter": [
                "$or": [
                    ["_id": .string("admin.\(plan.applicationUser)")],
                    ["roles": ["$elemMatch": ["$or": [forbidden, hidden]]]],
                ]
            ],
        ]
    }

    /// Roles that users made.
    static let roles: BSONDocument = ["find": "system.roles", "limit": 1000, "singleBatch": true]
    static let defaults: BSONDocument = ["getDefaultRWConcern": 1]

    // MARK: Answers

    /// `isProven`: whether credentials belong to the password.
    func seen(
        users: [BSONDocument], roles: [BSONDocument], defaults: BSONDocument, isProven: (SCRAMVerifier) -> Bool
    ) -> [AccountFact] {
        users.flatMap { user($0, isProven) } + roles.compactMap(Self.role) + [
            AccountFact(
                .guarantee, Self.concern, defaults["defaultWriteConcern"]?.document?["w"]?.text ?? "another number")
        ]
    }

    private func user(_ user: BSONDocument, _ isProven: (SCRAMVerifier) -> Bool) -> [AccountFact] {
        let isShown = user["_id"]?.text == "admin.\(plan.applicationUser)"
        let given = Self.grants(user["roles"])
        let tooMuch = given.filter { Self.isTooMuch($0) }.map(\.text)
        let name = isShown ? "the application user \(plan.applicationUser)" : "the account '\(user["_id"]?.text ?? "")'"
        var facts =
            tooMuch.isEmpty
            ? [] : [AccountFact(.rights, "\(name) was granted \(tooMuch.joined(separator: ", "))", "")]
        guard isShown else { return facts }
        facts.append(AccountFact(.applicationUser, shownRoles, given.map(\.text).sorted().joined(separator: " ")))
        facts.append(AccountFact(.applicationUser, shownSignOn, signOn(user, isProven) ? Self.rightSignOn : "wrong"))
        return facts
    }

    private func signOn(_ user: BSONDocument, _ isProven: (SCRAMVerifier) -> Bool) -> Bool {
        let credentials = user["credentials"]?.document
        guard user["authenticationRestrictions"]?.items?.isEmpty ?? true, credentials?.fields.count == 1,
            let scram = credentials?["SCRAM-SHA-256"]?.document, let verifier = SCRAMVerifier(mongo: scram)
        else { return false }
        return isProven(verifier)
    }

    private static func role(_ role: BSONDocument) -> AccountFact? {
        strip(role) == nil
            ? nil : AccountFact(.rights, "the role '\(role["_id"]?.text ?? "")' has administrative rights", "")
    }

    // MARK: Too much

    /// The engine's roles that give access to the server itself, the set, or all users' credentials.
    static let powers = [
        "root", "__system", "__queryableBackup", "clusterAdmin", "clusterManager", "hostManager", "backup", "restore",
        "directShardOperations",
    ]

    /// Whether a user's document holds credentials of a kind that the server knows. A document written by hand may
    /// not.
    static func canSignOn(_ user: BSONDocument) -> Bool {
        let kinds = user["credentials"]?.document?.fields.map(\.name) ?? []
        return !Set(kinds).isDisjoint(with: ["SCRAM-SHA-1", "SCRAM-SHA-256", "external"])
    }

    struct Grant: Equatable {
        let role: String
        let database: String
        var text: String { "\(role)@\(database)" }
        var value: BSONValue { ["role": .string(role), "db": .string(database)] }
    }

    static func grants(_ roles: BSONValue?) -> [Grant] {
        (roles?.items ?? []).compactMap { item in
            guard let role = item.document?["role"]?.text, let database = item.document?["db"]?.text else { return nil }
            return Grant(role: role, database: database)
        }
    }

    /// The server's own databases may be read by users with that right, and written by no user.
    static func isTooMuch(_ grant: Grant) -> Bool {
        (grant.database == "admin" && powers.contains(grant.role))
            || (["local", "config"].contains(grant.database) && grant.role != "read")
    }

    /// Cluster actions for observing a server.
    private static let harmlessOnCluster: Set = [
        "checkFreeMonitoringStatus", "connPoolStats", "getCmdLineOpts", "getDefaultRWConcern", "getLog", "getParameter",
        "getShardMap", "getShardVersion", "hostInfo", "inprog", "listDatabases", "listSessions", "listShards",
        "netstat", "replSetGetConfig", "replSetGetStatus", "serverStatus", "setUserWriteBlockMode", "shardingState",
        "top", "useUUID", "listClusterCatalog", "querySettings", "queryStatsRead",
    ]
    private static let reading: Set = [
        "find", "listCollections", "listIndexes", "collStats", "dbStats", "dbHash", "indexStats", "planCacheRead",
        "changeStream", "killCursors",
    ]

    /// A role without forbidden privileges and forbidden inherited roles. Nil if it has none of them.
    static func strip(_ role: BSONDocument) -> (privileges: [BSONValue], roles: [BSONValue])? {
        let privileges = role["privileges"]?.items ?? []
        let grants = grants(role["roles"])
        let kept = privileges.filter { !isTooMuch(privilege: $0) }
        let inherited = grants.filter { !isTooMuch($0) }
        guard kept.count < privileges.count || inherited.count < grants.count else { return nil }
        return (kept, inherited.map(\.value))
    }

    private static func isTooMuch(privilege: BSONValue) -> Bool {
        guard let resource = privilege.document?["resource"]?.document else { return true }
        let actions = Set((privilege.document?["actions"]?.items ?? []).compactMap(\.text))
        if resource["anyResource"]?.isTrue == true { return true }
        if resource["cluster"]?.isTrue == true { return !actions.isSubset(of: harmlessOnCluster) }
        let database = resource["db"]?.text ?? ""
        let collection = resource["collection"]?.text ?? ""
        let isOwn =
            ["local", "config"].contains(database)
            || (["admin", ""].contains(database) && collection.hasPrefix("system."))
        return isOwn && !actions.isSubset(of: reading)
    }
}

extension SCRAMVerifier {
    /// The form in `system.users`.
    init?(mongo credentials: BSONDocument) {
        func data(_ name: String) -> Data? { credentials[name]?.text.flatMap { Data(base64Encoded: $0) } }
        guard let iterations = credentials["iterationCount"]?.number, let salt = data("salt"),
            let stored = data("storedKey"), let server = data("serverKey")
        else { return nil }
        self.init(iterations: Int(clamping: iterations), salt: salt, storedKey: stored, serverKey: server)
    }
}

// Repair of users and roles that were changed without Roost.
extension MongoDB {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? { MongoDBAccountFacts(plan: plan).expectation }

    func drift(
        through connection: MongoConnection, _ expected: AccountExpectation
    ) throws(MongoFault) -> [AccountDrift] {
        let facts = MongoDBAccountFacts(plan: expected.plan)
        var seen = facts.seen(
            users: try connection.documents(facts.users), roles: try connection.documents(MongoDBAccountFacts.roles),
            defaults: try connection.run(MongoDBAccountFacts.defaults)
        ) { connection.isProven($0, expected.plan.applicationPassword) }
        if !expected.plan.setPeers.isEmpty, let set = try connection.replicaSet() {
            seen.append(MongoDBAccountFacts.members(set.roster))
        }
        return expected.drift(seen)
    }

    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let gained = drift.contains { $0.kind == .rights }
        try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            let facts = MongoDBAccountFacts(plan: plan)
            for role in try connection.documents(MongoDBAccountFacts.roles) {
                guard let stripped = MongoDBAccountFacts.strip(role), let name = role["role"]?.text,
                    let database = role["db"]?.text
                else { continue }
                try connection.run(
                    [
                        "updateRole": .string(name), "privileges": .array(stripped.privileges),
                        "roles": .array(stripped.roles),
                    ], on: database)
            }
            var sessions: [BSONValue] = []
            for user in try connection.documents(facts.users) {
                guard let name = user["user"]?.text, let database = user["db"]?.text else { continue }
                let tooMuch = MongoDBAccountFacts.grants(user["roles"]).filter(MongoDBAccountFacts.isTooMuch)
                if tooMuch.isEmpty && !gained { continue }
                if !tooMuch.isEmpty, !MongoDBAccountFacts.canSignOn(user), let id = user["_id"] {
                    // The server rejects every change of such a user, and nobody can sign on as it, so its document is
                    // deleted.
                    let deletes: BSONValue = [["q": ["_id": id], "limit": 1]]
                    try connection.run(["delete": "system.users", "deletes": deletes])
                    continue
                }
                sessions.append(["user": .string(name), "db": .string(database)])
                if tooMuch.isEmpty { continue }
                try connection.runUnlessGone(
                    ["revokeRolesFromUser": .string(name), "roles": .array(tooMuch.map(\.value))], on: database)
            }
            try setShownAccount(plan, connection)
            try setWriteConcern(connection)
            // The server looks up a connection's roles with each command; running operations are ended. Sessions are
            // ended one by one: if one of them were gone, the server would end none.
            for session in sessions { try connection.runUnlessGone(["killAllSessions": .array([session])]) }
        }
        try await listMembers(plan)
    }
}

extension MongoConnection {
    /// A command about a user who may have been dropped since it was listed.
    fileprivate func runUnlessGone(_ command: BSONDocument, on database: String = "admin") throws(MongoFault) {
        do throws(MongoFault) { try run(command, on: database) } catch {
            guard error.code == MongoFault.Code.userNotFound else { throw error }
        }
    }

    /// The first, and only, batch of a find in `admin`.
    func documents(_ question: BSONDocument) throws(MongoFault) -> [BSONDocument] {
        try run(question)["cursor"]?.document?["firstBatch"]?.items?.compactMap(\.document) ?? []
    }
}
