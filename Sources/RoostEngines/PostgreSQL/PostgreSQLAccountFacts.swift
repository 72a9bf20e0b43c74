import RoostModel

/// The desired state of a PostgreSQL server's roles and databases, and the one query that observes it. Pure.
///
/// The application user is no superuser, and no role could make it one, so drift comes from what it changes about
/// itself and its databases, and from imports.
struct PostgreSQLAccountFacts {
    let plan: ServerPlan

    var expectation: AccountExpectation { AccountExpectation(plan: plan, facts: facts, query: query) }

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

    private var facts: [AccountFact] {
        [
            AccountFact(.ownAccount, Self.ownRights, "t|t|-1|t"),
            AccountFact(.applicationUser, shownSignOn, Self.rightPassword),
            AccountFact(.rights, shownRights, "t|f|t|f|f|t|t|-1|t"),
        ] + Self.databases.map { AccountFact(.serverDatabase, Self.subject($0.name), $0.value) }
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
                "FROM pg_auth_members m WHERE \(Self.givenTooMuch) LIMIT 20"),
            Self.row(
                .guarantee, "format('the setting of every role in every database (%s)', setconfig)", "''",
                "FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"),
            Self.row(
                .serverDatabase, "'the database ' || datname",
                "concat_ws('|', datistemplate, datallowconn, pg_get_userbyid(datdba) = \(administrator))",
                "FROM pg_database WHERE datname IN (\(names))"),
        ]
        let switches = guarantees.map { name in
            Self.row(.guarantee, PostgreSQLText.literal(name), "current_setting('\(name)')", "")
        }
        return (rows + switches).joined(separator: " UNION ALL ")
    }

    // MARK: Conditions, also of the repair

    /// Roles with attributes that only a superuser grants. The application user's attributes are compared one by one.
    var excess: String {
        "(rolsuper OR rolreplication OR rolbypassrls) AND rolname NOT IN ("
            + [PostgreSQLAccounts.administrator, plan.applicationUser].map(PostgreSQLText.literal).joined(
                separator: ", ")
            + ")"
    }

    /// Memberships that give the same access as the server's system user. The engine itself grants none of them.
    static let givenTooMuch =
        "m.roleid IN (SELECT oid FROM pg_roles WHERE rolname IN ('\(PostgreSQLAccounts.administrator)', "
        + "'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription')) "
        + "AND m.member <> (SELECT oid FROM pg_roles WHERE rolname = '\(PostgreSQLAccounts.administrator)')"
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
        let signOn = PostgreSQLAccountFacts.signOn(expected.plan.applicationUser)
        let seen = try connection.run(expected.query).compactMap(AccountFact.init).map { fact in
            guard fact.kind == .applicationUser, fact.subject == signOn else { return fact }
            let isRight = connection.isProven(fact.value, expected.plan.applicationPassword)
            return AccountFact(fact.kind, fact.subject, isRight ? PostgreSQLAccountFacts.rightPassword : "wrong")
        }
        return expected.drift(seen)
    }

    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administer(plan.address, overIdle: true) { connection throws(PostgreSQLFault) in
            let facts = PostgreSQLAccountFacts(plan: plan)
            let powerful = try connection.run("SELECT rolname FROM pg_authid WHERE \(facts.excess)")
            let given = try connection.run(
                "SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m "
                    + "WHERE \(PostgreSQLAccountFacts.givenTooMuch)")
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
            try load(plan, .open(requiresTLS: plan.certificate != nil), connection)
            let names = (powerful + given).compactMap { $0.first ?? nil }.map { PostgreSQLText.literal($0) }
            let whose = endsAll ? "true" : names.isEmpty ? "false" : "usename IN (\(names.joined(separator: ", ")))"
            try connection.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
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
