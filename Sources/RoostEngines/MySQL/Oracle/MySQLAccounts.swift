import RoostModel

/// The accounts of a MySQL server as SQL. Pure; passwords appear as hashes alone.
struct MySQLAccounts {
    let plan: ServerPlan

    /// Statements that the server runs at each start, before it accepts connections and despite read-only mode. Its
    /// parser ends a statement at a line that ends with a semicolon; the first error ends the server.
    var startFile: String {
        let session = ["SET SESSION \(OwnSession.meaning)", "SET SESSION sql_log_bin = 0"]
        return (session + statements).map { $0 + ";\n" }.joined()
    }

    /// Brings the accounts to the plan, whatever their state. Must run without the binary log, because each server of
    /// a service does this for itself.
    var statements: [String] {
        tables + administration.statements + rights(of: administration) + shown.all + MySQLFollowers(plan).statements
    }

    /// The same for a server with clients. `standing`: the tables' row of the application user. Correct passwords are
    /// not set again: two passwords are set one after the other, and in between a client would find only the older
    /// one.
    func statements(standing: [[String?]]) -> [String] {
        let isRight = standing == [[shown.hashes.first, shown.hashes.dropFirst().first]]
        return tables + administration.statements + rights(of: administration) + (isRight ? shown.others : shown.all)
            + MySQLFollowers(plan).statements
    }

    /// The query for `standing` of `statements(standing:)`. Two columns: the password, and the older password that is
    /// accepted too.
    var standing: String {
        "SELECT authentication_string, JSON_UNQUOTE(JSON_EXTRACT(User_attributes, '$.additional_password')) "
            + "FROM mysql.user WHERE User = \(SQLText.literal(plan.applicationUser)) AND Host = '%' "
            + "AND plugin = 'caching_sha2_password'"
    }

    /// Removes accounts of an imported dump that match before the application user, because their host is more
    /// specific, and anonymous accounts. After a dump the tables may differ from what the server has loaded.
    private var tables: [String] {
        let names = [plan.applicationUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        let kept =
            "(\(SQLText.literal(plan.applicationUser)), '%'), "
            + "(\(SQLText.literal(SystemAccounts.administrator)), 'localhost')"
        let dynamic = shownDynamic.map(SQLText.literal).joined(separator: ", ")
        let handedOn = plan.settings.accounts == .managed ? " OR WITH_GRANT_OPTION = 'Y'" : ""
        return [
            "DELETE FROM mysql.user WHERE User = '' OR (User IN (\(names)) AND (User, Host) NOT IN (\(kept)))",
            "DELETE FROM mysql.global_grants WHERE User = \(SQLText.literal(plan.applicationUser)) "
                + "AND (Host <> '%' OR Priv NOT IN (\(dynamic))\(handedOn))",
        ] + (plan.group == nil ? [] : MySQLFollowers(plan).removals) + MySQLReaders(plan).changes + ["FLUSH PRIVILEGES"]
    }

    // MARK: Roost's own

    /// Roost's own account. It works through the private socket only, because a server that does not resolve names
    /// takes no address for `localhost`.
    private var administration: MySQLAccount {
        MySQLAccount(
            name: SystemAccounts.administrator, host: "localhost", requirement: "REQUIRE NONE",
            hashes: administrationHashes)
    }

    var administrationHashes: [String] { hashes(SystemAccounts.administrator, [plan.administrationPassword]) }

    /// All rights, including SYSTEM_USER: accounts without that right cannot change this account, and no other
    /// account has it.
    private func rights(of account: MySQLAccount) -> [String] {
        ["GRANT ALL PRIVILEGES ON *.* TO \(account.text) WITH GRANT OPTION"]
    }

    // MARK: The shown one

    /// The application user. It has all rights on databases that it creates, and may create users, but has no right
    /// that a safety rule of Roost depends on: no FILE, SHUTDOWN, SUPER, RELOAD, no control over logs, replication,
    /// read-only mode, settings or other users' connections. Rights on the server's own tables are revoked, also from
    /// accounts that it creates.
    private var shown: (hashes: [String], all: [String], others: [String]) {
        let account = MySQLAccount(
            name: plan.applicationUser, host: "%",
            requirement: plan.certificate == nil ? "REQUIRE NONE" : "REQUIRE SSL",
            hashes: shownHashes)
        let isManaged = plan.settings.accounts == .managed
        let handOn = isManaged ? "" : " WITH GRANT OPTION"
        var rights = [
            "GRANT \(shownStatic.joined(separator: ", ")) ON *.* TO \(account.text)\(handOn)",
            "GRANT \(shownDynamic.joined(separator: ", ")) ON *.* TO \(account.text)\(handOn)",
            "REVOKE \(Self.withheld) ON *.* FROM \(account.text)",
        ]
        if isManaged {
            rights.append(
                "REVOKE \(Self.makingAccounts.joined(separator: ", ")), GRANT OPTION ON *.* FROM \(account.text)")
        }
        rights += Self.systemDatabases.map {
            "REVOKE \(Self.withheld(on: $0).joined(separator: ", ")) ON \($0).* FROM \(account.text)"
        }
        return (account.hashes, account.statements + rights, account.creation + account.conditions + rights)
    }

    /// Newest first.
    var shownHashes: [String] {
        hashes(plan.applicationUser, [plan.applicationPassword] + (plan.previousPassword.map { [$0] } ?? []))
    }

    var shownStatic: [String] {
        let data = [
            "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
            "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE",
            "ALTER ROUTINE", "EVENT", "TRIGGER", "SHOW DATABASES", "PROCESS",
        ]
        return plan.settings.accounts == .managed ? data : data + Self.makingAccounts
    }

    private static let makingAccounts = ["CREATE USER", "CREATE ROLE", "DROP ROLE"]

    /// Dynamic rights for dumps (FLUSH_TABLES, SHOW_ROUTINE), for importing them (the two for definers), and for
    /// roles. No right among them reaches an account with SYSTEM_USER.
    static let openDynamic = [
        "FLUSH_TABLES", "SHOW_ROUTINE", "SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER", "ROLE_ADMIN",
        "XA_RECOVER_ADMIN",
    ]

    var shownDynamic: [String] {
        plan.settings.accounts == .managed ? Self.openDynamic.filter { $0 != "ROLE_ADMIN" } : Self.openDynamic
    }

    static let withheld =
        "RELOAD, SHUTDOWN, FILE, SUPER, REPLICATION SLAVE, REPLICATION CLIENT, CREATE TABLESPACE"

    // MARK: The server's own databases

    /// Excludes `performance_schema`, which the server itself protects from changes.
    static let systemDatabases = ["mysql", "sys"]

    /// Rights that are revoked on a system database. `sys` needs EXECUTE and others, because users call its routines.
    static func withheld(on database: String) -> [String] {
        let always = [
            "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "INDEX", "ALTER", "CREATE VIEW", "CREATE ROUTINE",
            "ALTER ROUTINE", "TRIGGER",
        ]
        return database == "sys"
            ? always : always + ["REFERENCES", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE"]
    }

    static let wall: [(database: String, right: String)] = systemDatabases.flatMap { database in
        withheld(on: database).map { (database, $0) }
    }

    private func hashes(_ account: String, _ passwords: [String]) -> [String] {
        passwords.map {
            CachingSHA2Password.hash($0, of: account, key: plan.administrationPassword)
        }
    }
}

/// An account without its rights.
private struct MySQLAccount {
    let name: String
    let host: String
    /// `REQUIRE SSL`
    let requirement: String
    /// Hashes of the password and of an older password that is accepted too.
    let hashes: [String]

    var text: String { SQLText.account(name, host) }

    /// Creates a missing account, and sets everything.
    var statements: [String] { creation + passwords + conditions }

    /// No effect on an existing account: a recreated one would lose its roles.
    var creation: [String] { ["CREATE USER IF NOT EXISTS \(identified(hashes[0]))"] }

    private var passwords: [String] {
        guard hashes.count > 1 else {
            return ["ALTER USER \(identified(hashes[0]))", "ALTER USER \(text) DISCARD OLD PASSWORD"]
        }
        return [
            "ALTER USER \(identified(hashes[1]))", "ALTER USER \(identified(hashes[0])) RETAIN CURRENT PASSWORD",
        ]
    }

    var conditions: [String] {
        [
            "ALTER USER \(text) \(requirement) WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 "
                + "MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0 ACCOUNT UNLOCK PASSWORD EXPIRE NEVER "
                + "FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0"
        ]
    }

    private func identified(_ hash: String) -> String {
        "\(text) IDENTIFIED WITH caching_sha2_password AS \(SQLText.literal(hash))"
    }
}

extension UserStatements {
    static let mysql = UserStatements(
        list: "SELECT DISTINCT User FROM mysql.user WHERE \(isAccount) ORDER BY User",
        hosts: { "SELECT Host FROM mysql.user WHERE \(isAccount) AND User = \(SQLText.literal($0))" },
        create: { name, password in
            let hash = CachingSHA2Password.hash(password, salt: CachingSHA2Password.randomSalt())
            return "CREATE USER \(SQLText.account(name, "%")) IDENTIFIED WITH caching_sha2_password AS "
                + SQLText.literal(hash)
        },
        readingChanges: MySQLReaders.rights,
        // With partial revokes a database name in a grant is no pattern ("Privilege Restriction Using Partial
        // Revokes").
        granted: SQLText.identifier,
        endSessions: { name, connection throws(ClientFault) in
            let sessions = try connection.run(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = \(SQLText.literal(name))")
            for session in sessions.compactMap({ $0.first ?? nil }) {
                do throws(ClientFault) { try connection.run("KILL \(session)") } catch {
                    // The session may have ended by itself in the meantime.
                    if error.code != ClientFault.Code.noSuchThread { throw error }
                }
            }
        })

    /// A role is an account that is locked and has no password.
    private static let isAccount = "NOT (account_locked = 'Y' AND authentication_string = '')"
}
