import RoostModel

/// The expected accounts of a MySQL server, and the single query that reads the actual ones. Pure.
///
/// Only accounts with SYSTEM_USER can change Roost's own account, and accounts that the application user creates
/// inherit its restrictions on the server's own databases. So drift comes from what the application user does to
/// itself, and from imports.
struct MySQLAccountFacts {
    let plan: ServerPlan

    var expectation: AccountExpectation { AccountExpectation(plan: plan, facts: facts, query: query) }

    private static let ownSignOn = "the login of Roost's own account"
    private static let ownRights = "the rights of Roost's own account"
    private var shownSignOn: String { "the login of the application user \(plan.applicationUser)" }
    private var shownRights: String { "the rights of the application user \(plan.applicationUser)" }
    private var shownDynamic: String { "the dynamic rights of the application user \(plan.applicationUser)" }
    private static let wall = "the protection of the server's own databases"

    // MARK: Expected

    private var facts: [AccountFact] {
        let accounts = MySQLAccounts(plan: plan)
        let shown = accounts.shownHashes
        return [
            AccountFact(.ownAccount, Self.ownSignOn, Self.signOn(accounts.administrationHashes, requiresTLS: false)),
            AccountFact(.ownAccount, Self.ownRights, "all"),
            AccountFact(.applicationUser, shownSignOn, Self.signOn(shown, requiresTLS: plan.certificate != nil)),
            AccountFact(.rights, shownRights, expectedRights(accounts)),
            AccountFact(.applicationUser, shownDynamic, "\(accounts.shownDynamic.count)"),
            AccountFact(.serverDatabase, Self.wall, "\(MySQLAccounts.wall.count)"),
        ] + MySQLFollowers(plan).facts + guarantees.map { AccountFact(.guarantee, $0.name, $0.value) }
    }

    /// The value of `signOnColumns` for an account that `MySQLAccounts` created.
    static func signOn(_ hashes: [String], requiresTLS: Bool) -> String {
        let words = [
            "caching_sha2_password", hashes.first ?? "", hashes.dropFirst().first ?? "", "N", "N",
            requiresTLS ? "ANY" : "", "", "", "", "0", "0", "0", "0", "0", "0", "0",
        ]
        return words.joined(separator: "|")
    }

    private func expectedRights(_ accounts: MySQLAccounts) -> String {
        let held = Set(accounts.shownStatic.map(Self.column))
        let grants = plan.settings.accounts == .open
        return Self.columns.map { held.contains($0) || ($0 == "Grant_priv" && grants) ? "Y" : "N" }.joined()
    }

    /// `CREATE TEMPORARY TABLES` → `Create_tmp_table_priv`
    private static func column(_ right: String) -> String {
        switch right {
        case "CREATE TEMPORARY TABLES": "Create_tmp_table_priv"
        case "SHOW DATABASES": "Show_db_priv"
        case "REPLICATION SLAVE": "Repl_slave_priv"
        case "REPLICATION CLIENT": "Repl_client_priv"
        default: "\(right.prefix(1))\(right.dropFirst().lowercased().replacing(" ", with: "_"))_priv"
        }
    }

    /// All columns of rights that every version has.
    static let columns = [
        "Select_priv", "Insert_priv", "Update_priv", "Delete_priv", "Create_priv", "Drop_priv", "Reload_priv",
        "Shutdown_priv", "Process_priv", "File_priv", "Grant_priv", "References_priv", "Index_priv", "Alter_priv",
        "Show_db_priv", "Super_priv", "Create_tmp_table_priv", "Lock_tables_priv", "Execute_priv", "Repl_slave_priv",
        "Repl_client_priv", "Create_view_priv", "Show_view_priv", "Create_routine_priv", "Alter_routine_priv",
        "Create_user_priv", "Event_priv", "Trigger_priv", "Create_tablespace_priv", "Create_role_priv",
        "Drop_role_priv",
    ]

    /// Switches that a guarantee depends on, with the value that Roost starts the server with. Switches that the
    /// build file may set and does set are excluded.
    var guarantees: [Option] {
        let own = Set(plan.settings.config.keys.map(SettingText.normalised))
        let durable =
            MySQLCopies.durability(plan.profile) ?? [
                Option("innodb_flush_log_at_trx_commit", 1), Option("sync_binlog", 1),
            ]
        let switches = durable.filter { ["innodb_flush_log_at_trx_commit", "sync_binlog"].contains($0.name) }
        let quiet = [Option("general_log", "0"), Option("event_scheduler", "0"), Option("local_infile", "0")]
        return switches + [Option("server_id", Int64(plan.serverID)), Option("partial_revokes", "1")]
            + quiet.filter { !own.contains($0.name) }
            + (plan.certificate != nil ? [Option("require_secure_transport", "1")] : [])
    }

    // MARK: The query

    static let own =
        "User = \(SQLText.literal(SystemAccounts.administrator)) AND Host = 'localhost'"
    var isShown: String { "User = \(SQLText.literal(plan.applicationUser)) AND Host = '%'" }

    static let signOnColumns: String = {
        func attribute(_ path: String, _ missing: String) -> String {
            "COALESCE(JSON_UNQUOTE(JSON_EXTRACT(User_attributes, '$.\(path)')), '\(missing)')"
        }
        return "CONCAT_WS('|', plugin, authentication_string, \(attribute("additional_password", "")), account_locked, "
            + "password_expired, ssl_type, ssl_cipher, x509_issuer, x509_subject, max_questions, max_updates, "
            + "max_connections, max_user_connections, COALESCE(password_lifetime, 'default'), "
            + "\(attribute("Password_locking.failed_login_attempts", "0")), "
            + "IF(JSON_CONTAINS_PATH(COALESCE(User_attributes, '{}'), 'one', '$.multi_factor_authentication'), 1, 0))"
    }()

    static func row(_ kind: AccountDrift.Kind, _ subject: String, _ value: String, _ rest: String) -> String {
        // Texts are kept short: with longer ones the server would write the rows of the result to a file.
        "(SELECT '\(kind.rawValue)', CAST(\(subject) AS CHAR(500)), CAST(\(value) AS CHAR(500)) \(rest))"
    }

    private var query: String {
        let accounts = MySQLAccounts(plan: plan)
        let dynamic = accounts.shownDynamic.map(SQLText.literal).joined(separator: ", ")
        let powers = ["Super_priv", "Shutdown_priv", "Reload_priv", "Create_user_priv", "Grant_priv", "File_priv"]
        let rows = [
            Self.row(
                .ownAccount, SQLText.literal(Self.ownSignOn), Self.signOnColumns, "FROM mysql.user WHERE \(Self.own)"),
            Self.row(
                .ownAccount, SQLText.literal(Self.ownRights),
                "IF('N' NOT IN (\(powers.joined(separator: ", "))) AND EXISTS (SELECT 1 FROM mysql.global_grants g "
                    + "WHERE g.USER = u.User AND g.HOST = u.Host AND g.PRIV = 'SYSTEM_USER'), 'all', 'fewer')",
                "FROM mysql.user u WHERE \(Self.own)"),
            Self.row(
                .applicationUser, SQLText.literal(shownSignOn), Self.signOnColumns, "FROM mysql.user WHERE \(isShown)"),
            Self.row(
                .rights, SQLText.literal(shownRights), "CONCAT(\(Self.columns.joined(separator: ", ")))",
                "FROM mysql.user WHERE \(isShown)"),
            Self.row(
                .applicationUser, SQLText.literal(shownDynamic),
                "(SELECT COUNT(*) FROM mysql.global_grants WHERE \(isShown) AND PRIV IN (\(dynamic)))", ""),
            Self.row(.serverDatabase, SQLText.literal(Self.wall), "(\(wallCount))", ""),
            unexpected(.rights, Self.account("has administrative rights"), "mysql.user WHERE \(excess)"),
            unexpected(
                .rights, Self.account("has dynamic administrative rights"),
                "mysql.global_grants WHERE \(dynamicExcess) GROUP BY User, Host"),
            unexpected(
                .rights, Self.account("can write to the server''s own databases"),
                "mysql.user WHERE \(unrestricted)"),
            unexpected(
                .rights, Self.account("was granted rights on the server''s own databases"),
                "mysql.db WHERE \(Self.databaseBreaches) GROUP BY User, Host"),
            unexpected(
                .rights, Self.account("was granted rights on tables of the server''s own databases"),
                "mysql.tables_priv WHERE \(Self.tableBreaches) GROUP BY User, Host"),
            unexpected(
                .rights, "CONCAT('the account ''', TO_USER, '''@''', TO_HOST, ''' can become Roost''s own account')",
                "mysql.role_edges WHERE FROM_USER = \(SQLText.literal(SystemAccounts.administrator))"),
            unexpected(
                .serverDatabase,
                "CONCAT('the event ', EVENT_SCHEMA, '.', EVENT_NAME, ' is in one of the server''s own databases')",
                "information_schema.EVENTS WHERE \(Self.isEventOfServer)"),
            unexpected(.password, Self.account("has no password"), "mysql.user WHERE \(passwordless)"),
            unexpected(
                .password, Self.account("takes precedence over an account of Roost''s"), "mysql.user WHERE \(shadow)"),
        ]
        return (rows + lacking + MySQLFollowers(plan).rows + guarantees.map(Self.switchValue)).joined(
            separator: " UNION ALL ")
    }

    private var lacking: [String] {
        guard let lacking = MySQLReaders(plan).lacking else { return [] }
        return [unexpected(.reader, Self.account("may not read changes"), "mysql.user WHERE \(lacking)")]
    }

    private static func account(_ clause: String) -> String {
        "CONCAT('the account ''', User, '''@''', Host, ''' \(clause)')"
    }

    private func unexpected(_ kind: AccountDrift.Kind, _ subject: String, _ source: String) -> String {
        Self.row(kind, subject, "''", "FROM \(source) LIMIT 20")
    }

    private static func switchValue(_ option: Option) -> String {
        // Depending on the version a state is shown by name or by number.
        let value = "CAST(@@global.\(option.name) AS CHAR(500))"
        return "(SELECT '\(AccountDrift.Kind.guarantee.rawValue)', '\(option.name)', "
            + "CASE \(value) WHEN 'ON' THEN '1' WHEN 'OFF' THEN '0' ELSE \(value) END)"
    }

    /// Query for the number of expected restrictions that the application user has on the server's own databases.
    private var wallCount: String {
        let wanted = MySQLAccounts.wall.map { "(\(SQLText.literal($0.database)), \(SQLText.literal($0.right)))" }
        return "SELECT COUNT(*) FROM mysql.user, JSON_TABLE(User_attributes, '$.Restrictions[*]' COLUMNS ("
            + "d VARCHAR(64) PATH '$.Database', NESTED PATH '$.Privileges[*]' COLUMNS (r VARCHAR(64) PATH '$'))) t "
            + "WHERE \(isShown) AND (t.d, t.r) IN (\(wanted.joined(separator: ", ")))"
    }

    // MARK: Conditions, also of the repair

    /// Accounts other than Roost's two and the engine's.
    private var isOther: String {
        "NOT (\(Self.own)) AND NOT (\(isShown)) AND User NOT IN ('mysql.sys', 'mysql.session', 'mysql.infoschema')"
    }

    /// Rights over the server that only Roost's own account may have.
    static let excessive = [
        "Reload_priv", "Shutdown_priv", "File_priv", "Super_priv", "Repl_slave_priv", "Create_tablespace_priv",
    ]

    /// Accounts and roles with excessive rights over the server.
    var excess: String {
        "\(isOther) AND 'Y' IN (\(Self.excessive.joined(separator: ", ")))"
            + (plan.group == nil ? "" : " AND NOT \(MySQLFollowers(plan).isHarmless)")
            + (MySQLReaders(plan).isHarmless.map { " AND NOT \($0)" } ?? "")
    }

    /// The application user has rights over the server that it must not have.
    var shownExcess: String { "\(isShown) AND 'Y' IN (Shutdown_priv, File_priv, Super_priv, Reload_priv)" }

    var dynamicExcess: String {
        let dynamic = MySQLAccounts.openDynamic.map(SQLText.literal).joined(separator: ", ")
        return "\(isOther) AND PRIV NOT IN (\(dynamic))"
    }

    /// Accounts that may write everything, including the server's own tables: imported ones. Accounts created by the
    /// application user inherit its restrictions.
    var unrestricted: String {
        let rights = ["Insert", "Update", "Delete", "Create", "Drop", "Alter", "Trigger"].map { right in
            let restriction = "[{\"Database\": \"mysql\", \"Privileges\": [\"\(right.uppercased())\"]}]"
            return "(\(right)_priv = 'Y' AND NOT COALESCE(JSON_CONTAINS(User_attributes, "
                + "\(SQLText.literal(restriction)), '$.Restrictions'), 0))"
        }
        return "\(isOther) AND (\(rights.joined(separator: " OR ")))"
    }

    /// Rights to change the contents of a database, or to grant such rights.
    static let writing = [
        "Insert_priv", "Update_priv", "Delete_priv", "Create_priv", "Drop_priv", "Grant_priv", "Alter_priv",
        "Index_priv", "Create_view_priv", "Create_routine_priv", "Alter_routine_priv", "Trigger_priv",
    ]
    /// All rights on a database.
    static let columnsOfDatabases =
        writing + [
            "Select_priv", "References_priv", "Create_tmp_table_priv", "Lock_tables_priv", "Show_view_priv",
            "Execute_priv", "Event_priv",
        ]

    /// With partial revokes the database in a grant is a name, not a pattern.
    static let isOfServer =
        "Db IN ('mysql', 'sys', 'performance_schema') "
        + "AND User NOT IN ('mysql.sys', 'mysql.session', 'mysql.infoschema')"

    /// Events in the server's own databases. They are possible because the application user needs the EVENT right to
    /// dump all databases.
    static let isEventOfServer = "EVENT_SCHEMA IN ('mysql', 'sys', 'performance_schema')"

    static let databaseBreaches = "\(isOfServer) AND 'Y' IN (\(writing.joined(separator: ", ")))"

    static let tableBreaches =
        "\(isOfServer) AND CONCAT(Table_priv, Column_priv) "
        + "REGEXP 'Insert|Update|Delete|Create|Drop|Grant|Alter|Index|Trigger'"

    /// Accounts that can be used without a password. Locked accounts, such as roles, cannot sign on.
    var passwordless: String {
        "\(isOther) AND User <> '' AND account_locked = 'N' AND authentication_string = '' "
            + "AND plugin IN ('caching_sha2_password', 'sha256_password', 'mysql_native_password')"
    }

    /// Anonymous accounts, and accounts that match before Roost's two because their host is more specific.
    var shadow: String {
        let names = [plan.applicationUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        return "(User = '' OR (User IN (\(names)) AND NOT (\(Self.own)) AND NOT (\(isShown))))"
    }
}
