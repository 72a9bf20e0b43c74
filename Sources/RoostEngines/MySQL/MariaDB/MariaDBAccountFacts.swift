import RoostModel

/// The expected accounts of a MariaDB server, and the single query that reads the actual ones. Pure.
struct MariaDBAccountFacts {
    let plan: ServerPlan

    var expectation: AccountExpectation {
        AccountExpectation(plan: plan, facts: facts, query: query, variables: variables)
    }

    /// The expected values of variables that a statement may change, except the switches that are facts themselves.
    var variables: ExpectedVariables {
        let own = SettingsInPlace.mariadb.variable
        let options = MariaDBConfiguration(plan: plan).options.map { (SettingText.plain($0.name), $0.value) }
        return ExpectedVariables(
            wanted: Dictionary(options.map { (own($0.0), $0.1) }) { _, last in last },
            exempt: Set(guarantees.map(\.name)).union(MariaDBGroup.exempt(plan)))
    }

    private static let own = SQLText.account(SystemAccounts.administrator, "localhost")
    private static let ownSignOn = "the login of Roost's own account"
    private static let ownRights = "the rights of Roost's own account"
    private var shownSignOn: String { "the login of the application user \(plan.applicationUser)" }
    private var shownRights: String { "the rights of the application user \(plan.applicationUser)" }
    private var shownDatabases: String { "the rights of the application user \(plan.applicationUser) on databases" }
    private static let wall = "the protection of the server's own databases"
    private static let system = "the account 'mariadb.sys'@'localhost', which runs the server's own views,"

    // MARK: Expected

    private var facts: [AccountFact] {
        let accounts = MariaDBAccounts(plan: plan)
        let isManaged = plan.settings.accounts == .managed
        let shown = accounts.shownPasswords.map(NativePassword.hash)
        return [
            AccountFact(.ownAccount, Self.ownSignOn, expectedOwnSignOn),
            AccountFact(.ownAccount, Self.ownRights, "all"),
            AccountFact(
                .applicationUser, shownSignOn, Self.signOn(shown, requiresTLS: plan.certificate != nil)),
            AccountFact(.rights, shownRights, "\(shownAccess)"),
            AccountFact(
                .applicationUser, shownDatabases,
                MariaDBWall.columns.map { isManaged && $0 == "Grant_priv" ? "N" : "Y" }.joined()),
            AccountFact(
                .serverDatabase, Self.wall, "\(MariaDBWall.rows(applicationUser: plan.applicationUser).count)"),
            AccountFact(.serverDatabase, Self.system, "1"),
        ] + MariaDBFollowers(plan).facts + guarantees.map { AccountFact(.guarantee, $0.name, $0.value) }
    }

    private var expectedOwnSignOn: String {
        Self.signOn([NativePassword.hash(plan.administrationPassword)], requiresTLS: false)
    }

    /// The value of `signOnColumns` for an account that `MariaDBAccounts` created.
    static func signOn(_ hashes: [String], requiresTLS: Bool) -> String {
        let others = hashes.dropFirst()
        let plugins = others.map { _ in "\"mysql_native_password\"" }.joined(separator: ", ")
        let texts = others.map { "\"\($0)\"" }.joined(separator: ", ")
        return [
            "mysql_native_password", hashes.first ?? "", others.isEmpty ? "" : "[\(plugins)]",
            others.isEmpty ? "" : "[\(texts)]", "0", requiresTLS ? "1" : "0", "", "", "", "0", "0", "0", "0", "0", "",
        ].joined(separator: "|")
    }

    /// Switches that a guarantee depends on, with the value that Roost starts the server with. Switches that the
    /// build file may set and does set are excluded.
    var guarantees: [Option] {
        let own = Set(plan.settings.config.keys.map(SettingText.normalised))
        let switches =
            MariaDBCopies.flushing(plan.profile).map { [Option("innodb_flush_log_at_trx_commit", $0)] } ?? [
                Option("innodb_flush_log_at_trx_commit", 1), Option("sync_binlog", 1),
            ]
        let quiet = [Option("general_log", "0"), Option("event_scheduler", "0"), Option("local_infile", "0")]
        return switches
            + (plan.profile.isCopy
                ? []
                : [
                    Option("server_id", Int64(plan.serverID)), Option("gtid_domain_id", Int64(plan.domainID)),
                    Option("gtid_strict_mode", "1"), Option("binlog_format", "ROW"),
                ])
            + quiet.filter { !own.contains($0.name) }
            + (plan.certificate != nil ? [Option("require_secure_transport", "1")] : [])
    }

    private var shownAccess: UInt64 {
        Right.process | (plan.settings.accounts == .managed ? 0 : Right.createUser)
    }

    /// Rights on all databases as bits of the column `access` (the server's `privilege.h`).
    enum Right {
        static let process: UInt64 = 1 << 8
        static let createUser: UInt64 = 1 << 25
        /// Every right of MariaDB 10.11.
        static let all: UInt64 = (1 << 39) - 1
        /// SELECT, PROCESS, SHOW DATABASES and SHOW VIEW: rights that an imported account may have on everything.
        static let harmless: UInt64 = 1 | 1 << 8 | 1 << 14 | 1 << 22
        static let harmlessNames = ["USAGE", "SELECT", "PROCESS", "SHOW DATABASES", "SHOW VIEW"]
    }

    // MARK: The query

    private var query: String {
        (accounts + MariaDBFollowers(plan).rows + others + databases + [mark, variables.rows]
            + guarantees.map(Self.switchValue)).joined(
                separator: " UNION ALL ")
    }

    private static let isRole = "JSON_VALUE(Priv, '$.is_role') IS NOT NULL"
    static let access = "CAST(COALESCE(JSON_VALUE(Priv, '$.access'), '0') AS UNSIGNED)"

    static let signOnColumns: String = {
        func value(_ name: String, _ missing: String) -> String {
            "COALESCE(JSON_VALUE(Priv, '$.\(name)'), '\(missing)')"
        }
        let parts =
            [
                value("plugin", ""), value("authentication_string", ""),
                "COALESCE(JSON_EXTRACT(Priv, '$.auth_or[*].plugin'), '')",
                "COALESCE(JSON_EXTRACT(Priv, '$.auth_or[*].authentication_string'), '')",
                value("account_locked", "0"), value("ssl_type", "0"), value("ssl_cipher", ""), value("x509_issuer", ""),
                value("x509_subject", ""), value("max_questions", "0"), value("max_updates", "0"),
                value("max_connections", "0"), value("max_user_connections", "0"), value("password_lifetime", "0"),
            ] + ["IF(JSON_VALUE(Priv, '$.password_last_changed') = '0', 'expired', '')"]
        return "CONCAT_WS('|', \(parts.joined(separator: ", ")))"
    }()

    private var shownName: String { SQLText.literal(plan.applicationUser) }
    private var isShown: String { "User = \(shownName) AND Host = '%'" }
    private static let isOwn = "User = \(SQLText.literal(SystemAccounts.administrator)) AND Host = 'localhost'"

    static func row(_ kind: AccountDrift.Kind, _ subject: String, _ value: String, _ rest: String) -> String {
        // Texts are kept short: with longer ones the server would write the rows of the result to a file.
        "(SELECT '\(kind.rawValue)', CAST(\(subject) AS CHAR(500)), CAST(\(value) AS CHAR(500)) \(rest))"
    }

    /// Rows for Roost's own account and the application user.
    private var accounts: [String] {
        [
            Self.row(
                .ownAccount, SQLText.literal(Self.ownSignOn), Self.signOnColumns,
                "FROM mysql.global_priv WHERE \(Self.isOwn)"),
            Self.row(
                .ownAccount, SQLText.literal(Self.ownRights),
                "IF(\(Self.access) & \(Right.all) = \(Right.all), 'all', 'fewer')",
                "FROM mysql.global_priv WHERE \(Self.isOwn)"),
            Self.row(
                .applicationUser, SQLText.literal(shownSignOn), Self.signOnColumns,
                "FROM mysql.global_priv WHERE \(isShown)"),
            Self.row(
                .rights, SQLText.literal(shownRights), Self.access,
                "FROM mysql.global_priv WHERE \(isShown)"),
            Self.row(
                .applicationUser, SQLText.literal(shownDatabases),
                "CONCAT(\(MariaDBWall.columns.joined(separator: ", ")))",
                "FROM mysql.db WHERE \(isShown) AND Db = '%'"),
        ]
    }

    /// Unexpected accounts and routines, a few of each kind.
    private var others: [String] {
        let harmless = Right.harmlessNames.map(SQLText.literal).joined(separator: ", ")
        let known = ([Self.own, SQLText.account(plan.applicationUser, "%")] + MariaDBFollowers(plan).grantees)
            .map(SQLText.literal).joined(separator: ", ")
        return [
            unexpected(.rights, Self.account("has administrative rights"), "mysql.global_priv WHERE \(excess)"),
            // Rights in force, in addition to those in the table.
            unexpected(
                .rights, "CONCAT('the account ', GRANTEE, ' has administrative rights')",
                "information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE NOT IN (\(harmless)) "
                    + "AND GRANTEE NOT IN (\(known))"
                    + (MariaDBReaders(plan).isHarmlessGrant.map { " AND NOT \($0)" } ?? "") + " GROUP BY GRANTEE"),
            unexpected(
                .rights, Self.account("can write to the server''s own databases"),
                "mysql.db d WHERE \(MariaDBWall.breaches) GROUP BY User, Host"),
            unexpected(
                .rights, Self.account("can write to tables of the server''s own databases"),
                "mysql.tables_priv WHERE \(Self.tableBreaches) GROUP BY User, Host"),
            unexpected(.rights, Self.account("can act as another account by proxy"), "mysql.proxies_priv"),
            unexpected(
                .rights, "CONCAT('the routine ', db, '.', name, ' runs as Roost''s own account')",
                "mysql.proc WHERE \(Self.isOwnDefiner)"),
            unexpected(
                .rights, "CONCAT('the event ', db, '.', name, ' runs as Roost''s own account')",
                "mysql.event WHERE \(Self.isOwnDefiner)"),
            unexpected(.password, Self.account("has no password"), "mysql.global_priv WHERE \(passwordless)"),
            unexpected(
                .password, Self.account("takes precedence over an account of Roost''s"),
                "mysql.global_priv WHERE \(shadow)"),
        ]
            + (MariaDBReaders(plan).lacking.map {
                [unexpected(.reader, Self.account("may not read changes"), "mysql.global_priv WHERE \($0)")]
            } ?? [])
    }

    private static func account(_ clause: String) -> String {
        "CONCAT('the account ''', User, '''@''', Host, ''' \(clause)')"
    }

    private func unexpected(_ kind: AccountDrift.Kind, _ subject: String, _ source: String) -> String {
        Self.row(kind, subject, "''", "FROM \(source) LIMIT 20")
    }

    private var databases: [String] {
        [
            Self.row(
                .serverDatabase, SQLText.literal(Self.wall),
                "(\(MariaDBWall.count(applicationUser: plan.applicationUser)))", ""),
            Self.row(.serverDatabase, SQLText.literal(Self.system), MariaDBSystemAccount.isRight, ""),
            unexpected(
                .serverDatabase, "CONCAT('the event ', db, '.', name, ' is in one of the server''s own databases')",
                "mysql.event WHERE \(Self.isOfServer)"),
        ]
    }

    private var mark: String { "(SELECT 'mark', '', \(Self.markValue) FROM mysql.global_priv WHERE \(Self.isOwn))" }
    private static let markValue = "CAST(JSON_VALUE(Priv, '$.password_last_changed') AS CHAR(500))"
    /// Query for the mark, one row. No row means that the account is gone.
    static let ownMark = "SELECT \(markValue) FROM mysql.global_priv WHERE \(isOwn)"

    private static func switchValue(_ option: Option) -> String {
        // Depending on the version a state is shown by name or by number.
        let value = "CAST(@@global.\(option.name) AS CHAR(500))"
        return "(SELECT '\(AccountDrift.Kind.guarantee.rawValue)', '\(option.name)', "
            + "CASE \(value) WHEN 'ON' THEN '1' WHEN 'OFF' THEN '0' ELSE \(value) END)"
    }

    // MARK: Conditions, also of the repair

    /// Whether Roost's own account is as expected. If only its rights were taken, its password is set again too: the
    /// time of that change tells the opening that follows.
    var ownIsRight: String {
        "EXISTS (SELECT 1 FROM mysql.global_priv WHERE \(Self.isOwn) "
            + "AND \(Self.access) & \(Right.all) = \(Right.all) "
            + "AND \(Self.signOnColumns) = \(SQLText.literal(expectedOwnSignOn)))"
    }

    /// The application user has more rights than expected.
    var shownExcess: String { "\(isShown) AND \(Self.access) & ~\(shownAccess) <> 0" }

    /// Accounts and roles with excessive rights on everything.
    var excess: String {
        "NOT (\(Self.isOwn)) AND NOT (\(isShown)) AND NOT (\(MariaDBSystemAccount.isIt)) "
            + (plan.group == nil ? "" : "AND NOT \(MariaDBFollowers(plan).isHarmless) ")
            + (MariaDBReaders(plan).isHarmless.map { "AND NOT \($0) " } ?? "")
            + "AND \(Self.access) & ~\(Right.harmless) <> 0"
    }

    static let isOfServer = "db IN ('mysql', 'sys', 'performance_schema')"

    static let tableBreaches =
        "\(isOfServer) AND NOT (\(MariaDBSystemAccount.isIt)) "
        + "AND CONCAT(Table_priv, Column_priv) REGEXP 'Insert|Update|Delete|Create|Drop|Grant|Alter|Index|Trigger'"

    static let isOwnDefiner = "definer = '\(SystemAccounts.administrator)@localhost'"

    /// Accounts that can be used without a password. Roles and locked accounts cannot sign on.
    var passwordless: String {
        "NOT (\(Self.isOwn)) AND NOT (\(isShown)) AND User <> '' AND NOT (\(Self.isRole)) "
            + "AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), '0') <> '1' AND ("
            + "(COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', 'mysql_old_password', "
            + "'caching_sha2_password', 'sha256_password', 'ed25519', 'parsec') "
            + "AND COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '') "
            + "OR JSON_SEARCH(Priv, 'one', '', NULL, '$.auth_or[*].authentication_string') IS NOT NULL)"
    }

    /// Anonymous accounts, and accounts that match before Roost's two because their host is more specific.
    var shadow: String {
        let names = [plan.applicationUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        return
            "NOT (\(Self.isRole)) AND (User = '' OR (User IN (\(names)) AND NOT (\(Self.isOwn)) AND NOT (\(isShown))))"
    }
}
