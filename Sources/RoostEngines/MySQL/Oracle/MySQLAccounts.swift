import RoostModel

/// The accounts of a MySQL server as SQL. Pure; passwords appear as hashes alone.
struct MySQLAccounts {
    let plan: ServerPlan

    /// Run by the server itself at each start, before it takes connections and although it is read-only. Its reader takes
    /// a line that ends with a semicolon for the end of a statement; the first error ends the server.
    var startFile: String {
        let session = ["SET SESSION \(OwnSession.meaning)", "SET SESSION sql_log_bin = 0"]
        return (session + statements).map { $0 + ";\n" }.joined()
    }

    /// Brings the accounts to what the plan says, whatever was there. To run where nothing is written to the binary log,
    /// because each server of a service does it for itself.
    var statements: [String] { tables + administration.statements + rights(of: administration) + shown.all }

    /// The same for a server that has clients, where `standing` is what the tables say of the shown account: a password
    /// that is right already is not set again, because two are set one after the other, and no client must find the
    /// older one alone.
    func statements(standing: [[String?]]) -> [String] {
        let isRight = standing == [[shown.hashes.first, shown.hashes.dropFirst().first]]
        return tables + administration.statements + rights(of: administration) + (isRight ? shown.others : shown.all)
    }

    /// What `statements(standing:)` asks for. Two columns: the password, and the older one that is taken as well.
    var standing: String {
        "SELECT authentication_string, JSON_UNQUOTE(JSON_EXTRACT(User_attributes, '$.additional_password')) "
            + "FROM mysql.user WHERE User = \(SQLText.literal(plan.shownUser)) AND Host = '%' "
            + "AND plugin = 'caching_sha2_password'"
    }

    /// An imported dump may bring accounts that are matched before the shown one, because their host is more exact, and
    /// accounts without a name. After a dump the tables may say what the server has not read yet.
    private var tables: [String] {
        let names = [plan.shownUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        let kept =
            "(\(SQLText.literal(plan.shownUser)), '%'), "
            + "(\(SQLText.literal(SystemAccounts.administrator)), 'localhost')"
        let dynamic = shownDynamic.map(SQLText.literal).joined(separator: ", ")
        let handedOn = plan.settings.accounts == .managed ? " OR WITH_GRANT_OPTION = 'Y'" : ""
        return [
            "DELETE FROM mysql.user WHERE User = '' OR (User IN (\(names)) AND (User, Host) NOT IN (\(kept)))",
            "DELETE FROM mysql.global_grants WHERE User = \(SQLText.literal(plan.shownUser)) "
                + "AND (Host <> '%' OR Priv NOT IN (\(dynamic))\(handedOn))",
            "FLUSH PRIVILEGES",
        ]
    }

    // MARK: Roost's own

    /// Through the private socket alone, because no address is `localhost` to a server that does not resolve names.
    private var administration: MySQLAccount {
        MySQLAccount(
            name: SystemAccounts.administrator, host: "localhost", requirement: "REQUIRE NONE",
            hashes: administrationHashes)
    }

    var administrationHashes: [String] { hashes(SystemAccounts.administrator, [plan.administrationPassword]) }

    /// SYSTEM_USER is among them: nobody without it can change this account, and nobody else has it.
    private func rights(of account: MySQLAccount) -> [String] {
        ["GRANT ALL PRIVILEGES ON *.* TO \(account.text) WITH GRANT OPTION"]
    }

    // MARK: The shown one

    /// It may do everything in databases of its own making and make users, and nothing that a safety rule of Roost's
    /// rests on: no FILE, SHUTDOWN, SUPER, RELOAD, no say over logs, replication, read-only mode, settings or other
    /// people's connections. Rights on the server's own tables are taken back, also from those that it makes.
    private var shown: (hashes: [String], all: [String], others: [String]) {
        let account = MySQLAccount(
            name: plan.shownUser, host: "%", requirement: plan.certificate == nil ? "REQUIRE NONE" : "REQUIRE SSL",
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

    /// The newer first.
    var shownHashes: [String] {
        hashes(plan.shownUser, [plan.shownPassword] + (plan.previousPassword.map { [$0] } ?? []))
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

    /// For dumps (FLUSH_TABLES, SHOW_ROUTINE), for their import (the two of definers), and for roles. None of them reaches
    /// an account with SYSTEM_USER.
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

    /// Nobody is let change `performance_schema`, by the server itself.
    static let systemDatabases = ["mysql", "sys"]

    /// What is taken back on one of them. `sys` is made of routines that people call.
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
            CachingSHA2Password.hash(
                $0, salt: CachingSHA2Password.salt(account: account, password: $0, key: plan.administrationPassword))
        }
    }
}

/// One account, without its rights.
private struct MySQLAccount {
    let name: String
    let host: String
    /// `REQUIRE SSL`
    let requirement: String
    /// Of the password, and of an older one that is taken as well.
    let hashes: [String]

    var text: String { SQLText.account(name, host) }

    /// Makes it where there is none, and sets all of it.
    var statements: [String] { creation + passwords + conditions }

    /// Nothing where it stands: made anew, it would lose its roles.
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
        // With partial revokes a name is no pattern ("Privilege Restriction Using Partial Revokes").
        granted: SQLText.identifier,
        endSessions: { name, connection throws(ClientFault) in
            let sessions = try connection.run(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = \(SQLText.literal(name))")
            for session in sessions.compactMap({ $0.first ?? nil }) {
                do throws(ClientFault) { try connection.run("KILL \(session)") } catch {
                    // It ended by itself meanwhile.
                    if error.code != ClientFault.Code.noSuchThread { throw error }
                }
            }
        })

    /// A role is an account that is locked and has no password.
    private static let isAccount = "NOT (account_locked = 'Y' AND authentication_string = '')"
}
