import RoostModel

/// The desired state of a PostgreSQL server's roles and databases, and the one query that observes it. Pure.
///
/// The application user is no superuser, and no role could make it one, so drift comes from what it changes about
/// itself and its databases, and from imports.
struct PostgreSQLAccountFacts {
    let plan: ServerPlan

    var expectation: AccountExpectation { AccountExpectation(plan: plan, facts: facts, query: query) }

    private var followers: [GroupPlan.Follower] { plan.group?.followers ?? [] }

    private static let ownRights = "Roost's own role"
    private var shownSignOn: String { Self.signOn(plan.applicationUser) }
    private var shownRights: String { "the attributes of the application user \(plan.applicationUser)" }
    private static let databases: [(name: String, value: String)] = [
        // Values: whether it is a template, whether it accepts connections, whether Roost's own account owns it.
        (name: "template0", value: "t|f|t"), ("template1", "t|t|t"),
        (PostgreSQLAccounts.administrationDatabase, "f|t|t"), (PostgreSQLAccounts.maintenanceDatabase, "f|t|f"),
    ]

    static func signOn(_ applicationUser: String) -> String { "the login of the application user \(applicationUser)" }
    /// Replaces the verifier once it has been compared with the password.
    static let rightPassword = "right"

    private static func subject(_ database: String) -> String { "the database \(database)" }

    private static let follower = "the attributes of a replica's account"
    private static let followerSignOn = "the password of a replica's account"

    /// Passwords that the probe compares with stored verifiers, by the subject of the fact.
    var passwords: [String: String] {
        followers.reduce(into: [shownSignOn: plan.applicationPassword]) { passwords, follower in
            passwords["\(Self.followerSignOn) \(follower.name)"] = follower.password
        }
    }

    private var facts: [AccountFact] {
        [
            AccountFact(.ownAccount, Self.ownRights, "t|t|-1|t"),
            AccountFact(.applicationUser, shownSignOn, Self.rightPassword),
            AccountFact(.rights, shownRights, "t|f|t|f|f|t|t|-1|t"),
        ]
            + followers.flatMap { follower in
                [
                    AccountFact(.rights, "\(Self.follower) \(follower.name)", "t|f|f|t|f|f|f|-1|t"),
                    AccountFact(.rights, "\(Self.followerSignOn) \(follower.name)", Self.rightPassword),
                ]
            } + Self.databases.map { AccountFact(.serverDatabase, Self.subject($0.name), $0.value) }
            + guarantees.map { AccountFact(.guarantee, $0, "on") }
    }

    /// Expected only of durable servers: a disposable copy promises nothing and does not wait for the disk.
    private var guarantees: [String] { plan.profile.isDurable ? ["fsync", "full_page_writes"] : [] }

    // MARK: The query

    private static func row(_ kind: AccountDrift.Kind, _ subject: String, _ value: String, _ rest: String) -> String {
        "(SELECT '\(kind.rawValue)'::text, (\(subject))::text, (\(value))::text \(rest))"
    }

    private static let endless = "coalesce(rolvaliduntil = 'infinity', true)"

    private var query: String {
        let administrator = PostgreSQLText.literal(PostgreSQLAccounts.administrator)
        let shown = PostgreSQLText.literal(plan.applicationUser)
        let names = Self.databases.map { PostgreSQLText.literal($0.name) }.joined(separator: ", ")
        let mayCreate =
            plan.settings.accounts == .managed
            ? "false" : "current_setting('server_version_num')::int >= 160000"
        let rows = [
            Self.row(
                .ownAccount, PostgreSQLText.literal(Self.ownRights),
                "concat_ws('|', rolsuper, rolcanlogin, rolconnlimit, \(Self.endless))",
                "FROM pg_authid WHERE rolname = \(administrator)"),
            Self.row(
                .applicationUser, PostgreSQLText.literal(shownSignOn), "coalesce(rolpassword, '')",
                "FROM pg_authid WHERE rolname = \(shown)"),
            Self.row(
                .rights, PostgreSQLText.literal(shownRights),
                "concat_ws('|', rolcanlogin, rolsuper, rolinherit, rolreplication, rolbypassrls, rolcreatedb, "
                    + "rolcreaterole = (\(mayCreate)), rolconnlimit, \(Self.endless))",
                "FROM pg_authid WHERE rolname = \(shown)"),
            Self.row(
                .rights, "format('the role %I has administrative attributes', rolname)", "''",
                "FROM pg_authid WHERE \(excess) LIMIT 20"),
            Self.row(
                .rights, "format('the role %I was granted %I', m.member::regrole::text, m.roleid::regrole::text)", "''",
                "FROM pg_auth_members m WHERE \(givenTooMuch) LIMIT 20"),
            Self.row(
                .guarantee, "format('the setting of every role in every database (%s)', setconfig)", "''",
                "FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"),
            Self.row(
                .serverDatabase, "'the database ' || datname",
                "concat_ws('|', datistemplate, datallowconn, pg_get_userbyid(datdba) = \(administrator))",
                "FROM pg_database WHERE datname IN (\(names))"),
        ]
        return (rows + followerRows + readerRows + switches).joined(separator: " UNION ALL ")
    }

    private var switches: [String] {
        guarantees.map { name in
            Self.row(.guarantee, PostgreSQLText.literal(name), "current_setting('\(name)')", "")
        }
    }

    private var readerRows: [String] {
        let readers = PostgreSQLReaders(plan)
        guard let lacking = readers.lacking, let impostors = readers.impostors else { return [] }
        return [
            Self.row(
                .reader, "format('the role %I may not read changes', rolname)", "''",
                "FROM pg_authid WHERE \(lacking) LIMIT 20"),
            Self.row(
                .guarantee, "format('the user %I, who reads changes, acknowledges commits as a replica', usename)",
                "''",
                "FROM pg_stat_replication WHERE \(impostors) LIMIT 20"),
        ]
    }

    private var followerRows: [String] {
        guard !followers.isEmpty else { return [] }
        let own = "FROM pg_authid WHERE rolname IN (\(names(of: followers)))"
        return [
            Self.row(
                .rights, "\(PostgreSQLText.literal(Self.follower)) || ' ' || rolname",
                "concat_ws('|', rolcanlogin, rolsuper, rolinherit, rolreplication, rolbypassrls, rolcreatedb, "
                    + "rolcreaterole, rolconnlimit, \(Self.endless))", own),
            Self.row(
                .rights, "\(PostgreSQLText.literal(Self.followerSignOn)) || ' ' || rolname",
                "coalesce(rolpassword, '')", own),
        ]
    }

    private func names(of followers: [GroupPlan.Follower]) -> String {
        followers.map { PostgreSQLText.literal($0.name) }.joined(separator: ", ")
    }

    // MARK: Conditions, also of the repair

    /// Roles with attributes that only a superuser grants. The application user's attributes are compared one by one.
    var excess: String {
        let known = ([PostgreSQLAccounts.administrator, plan.applicationUser] + followers.map(\.name))
            .map(PostgreSQLText.literal).joined(separator: ", ")
        let readers = plan.changeReaders.map(PostgreSQLText.literal).joined(separator: ", ")
        let replicates = readers.isEmpty ? "rolreplication" : "(rolreplication AND rolname NOT IN (\(readers)))"
        return "(rolsuper OR \(replicates) OR rolbypassrls) AND rolname NOT IN (\(known))"
    }

    /// Memberships that give the same access as the server's system user. The engine itself grants none of them. A
    /// replica's account and a reader of changes can copy all data.
    var givenTooMuch: String {
        let roles =
            [
                PostgreSQLAccounts.administrator, "pg_execute_server_program", "pg_read_server_files",
                "pg_write_server_files", "pg_create_subscription",
            ] + followers.map(\.name) + plan.changeReaders
        return "m.roleid IN (SELECT oid FROM pg_roles WHERE rolname IN "
            + "(\(roles.map(PostgreSQLText.literal).joined(separator: ", ")))) "
            + "AND m.member <> (SELECT oid FROM pg_roles WHERE rolname = '\(PostgreSQLAccounts.administrator)')"
    }
}

// Repair of roles, databases and settings that were changed without Roost.
extension PostgreSQL {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? {
        PostgreSQLAccountFacts(plan: plan).expectation
    }

    /// Differences between an open server and its expected state.
    func drift(
        through connection: PostgreSQLConnection, _ expected: AccountExpectation
    ) throws(PostgreSQLFault) -> [AccountDrift] {
        let passwords = PostgreSQLAccountFacts(plan: expected.plan).passwords
        let seen = try connection.run(expected.query).compactMap(AccountFact.init).map { fact in
            guard let password = passwords[fact.subject] else { return fact }
            let isRight = connection.isProven(fact.value, password)
            return AccountFact(fact.kind, fact.subject, isRight ? PostgreSQLAccountFacts.rightPassword : "wrong")
        }
        return expected.drift(seen)
    }

    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administer(plan.address, overIdle: true) { connection throws(PostgreSQLFault) in
            try connection.waitForNoReplica(plan)
            let facts = PostgreSQLAccountFacts(plan: plan)
            let powerful = try connection.run("SELECT rolname FROM pg_authid WHERE \(facts.excess)")
            let given = try connection.run(
                "SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m "
                    + "WHERE \(facts.givenTooMuch)")
            for name in powerful.compactMap({ $0.first ?? nil }) {
                try connection.run(
                    "ALTER ROLE \(PostgreSQLText.identifier(name)) NOSUPERUSER NOREPLICATION NOBYPASSRLS")
            }
            for row in given {
                // The server has quoted both names already.
                guard let member = row[0], let role = row[1] else { continue }
                try connection.run("REVOKE \(role) FROM \(member) CASCADE")
            }
            try connection.run("ALTER ROLE ALL RESET ALL")
            try Self.mendDatabases(plan, connection)
            try setUp(plan, connection)
            if let end = PostgreSQLReaders(plan).endImpostors { try connection.run(end) }
            try load(plan, .open(requiresTLS: plan.certificate != nil), connection)
            let names = (powerful + given).compactMap { $0.first ?? nil }.map { PostgreSQLText.literal($0) }
            let whose = endsAll ? "true" : names.isEmpty ? "false" : "usename IN (\(names.joined(separator: ", ")))"
            try connection.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (backend_type = 'client backend' "
                    + "OR (backend_type = 'walsender' AND usename !~ '\(PostgreSQLFollowers.pattern)')) "
                    + "AND usename <> '\(PostgreSQLAccounts.administrator)' AND (\(whose))")
        }
    }

    /// The databases that `initdb` creates.
    private static func mendDatabases(
        _ plan: ServerPlan, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let standing = try connection.run(PostgreSQLDatabase.list).compactMap(PostgreSQLDatabase.init)
        let maintenance = PostgreSQLAccounts.maintenanceDatabase
        if !standing.contains(where: { $0.name == maintenance }) {
            let role = PostgreSQLText.identifier(plan.applicationUser)
            let exists = !(try connection.run(PostgreSQLUsers.look(for: plan.applicationUser)).isEmpty)
            try connection.run(
                "CREATE DATABASE \(maintenance)\(exists ? " OWNER \(role)" : "") TEMPLATE template0")
        }
        try connection.run("ALTER DATABASE \(maintenance) WITH ALLOW_CONNECTIONS true IS_TEMPLATE false")
        for name in ["template0", "template1"] {
            try connection.run("ALTER DATABASE \(name) OWNER TO \(PostgreSQLAccounts.administrator)")
        }
        try connection.run("ALTER DATABASE template0 WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
        try connection.run("ALTER DATABASE template1 WITH ALLOW_CONNECTIONS true IS_TEMPLATE true")
    }
}
