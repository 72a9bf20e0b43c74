import RoostModel

/// The accounts of a MariaDB server as SQL. Pure; passwords appear as hashes alone.
struct MariaDBAccounts {
    let plan: ServerPlan

    /// Statements that the server runs at each start, before it accepts connections. Its parser ends a statement at a
    /// line that ends with a semicolon. At the first error it stops reading, and the server still starts.
    var startFile: String {
        let session = ["SET SESSION \(OwnSession.meaning)", "SET SESSION sql_log_bin = 0"]
        return (session + statements).map { $0 + ";\n" }.joined()
    }

    /// Brings the accounts to the plan, whatever their state. Safe while clients are connected: their rights on
    /// databases are never revoked and granted again. Must run without the binary log, because each server of a
    /// service does this for itself.
    var statements: [String] {
        shadows + administration + shown + MariaDBFollowers(plan).statements + MariaDBReaders(plan).statements + wall
    }

    /// Runs last: if the application user had to be recreated, its rows of `mysql.db` went with the old account.
    private var wall: [String] {
        MariaDBSystemAccount.statements
            + [MariaDBWall.statement(applicationUser: plan.applicationUser), "FLUSH LOCAL PRIVILEGES"]
    }

    /// Removes accounts of an imported dump that match before the application user, because their host is more
    /// specific, and anonymous accounts. After a dump the tables may differ from what the server has loaded.
    private var shadows: [String] {
        let names = [plan.applicationUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        let kept =
            "(\(SQLText.literal(plan.applicationUser)), '%'), (\(SQLText.literal(SystemAccounts.administrator)), 'localhost')"
        return [
            "DELETE FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL "
                + "AND (User = '' OR (User IN (\(names)) AND (User, Host) NOT IN (\(kept))))"
        ] + (plan.group == nil ? [] : MariaDBFollowers(plan).removals) + [
            MariaDBWall.statement(applicationUser: plan.applicationUser),
            "FLUSH LOCAL PRIVILEGES",
        ]
    }

    /// Roost's own account. It works through the private socket only, because a server that does not resolve names
    /// takes no address for `localhost`. A correct account is not altered: the time of its last password change
    /// reveals changes by others.
    private var administration: [String] {
        account(
            SystemAccounts.administrator, "localhost", passwords: [plan.administrationPassword],
            transport: "REQUIRE NONE", unless: MariaDBAccountFacts(plan: plan).ownIsRight
        ) {
            ["GRANT ALL PRIVILEGES ON *.* TO \($0) WITH GRANT OPTION"]
        }
    }

    /// The application user. It has all rights on databases that it creates, and may create users, but has no right
    /// that a safety rule of Roost depends on: no FILE, SHUTDOWN, SUPER, no control over logs, replication, read-only
    /// mode or other users' connections, and no RELOAD, which could reset the binary log.
    private var shown: [String] {
        let transport = plan.certificate == nil ? "REQUIRE NONE" : "REQUIRE SSL"
        let isManaged = plan.settings.accounts == .managed
        return account(plan.applicationUser, "%", passwords: shownPasswords, transport: transport) {
            [
                "REVOKE ALL PRIVILEGES ON *.* FROM \($0)",
                "REVOKE GRANT OPTION ON *.* FROM \($0)",
                "GRANT \(isManaged ? "" : "CREATE USER, ")PROCESS ON *.* TO \($0)",
                // On the server's own databases its rights are limited by `MariaDBWall`.
                "GRANT ALL PRIVILEGES ON `%`.* TO \($0) WITH GRANT OPTION",
            ] + (isManaged ? ["REVOKE GRANT OPTION ON `%`.* FROM \($0)"] : [])
        }
    }

    /// Newest first.
    var shownPasswords: [String] { [plan.applicationPassword] + (plan.previousPassword.map { [$0] } ?? []) }

    /// Creates a missing account, and sets everything but its rights, unless `isRight` holds.
    private func account(
        _ name: String, _ host: String, passwords: [String], transport: String, unless isRight: String? = nil,
        rights: (String) -> [String]
    ) -> [String] {
        let account = SQLText.account(name, host)
        let identified = "\(account) IDENTIFIED \(via(passwords)) \(transport)"
        let missing =
            "NOT EXISTS (SELECT 1 FROM mysql.global_priv WHERE User = \(SQLText.literal(name)) "
            + "AND Host = \(SQLText.literal(host)))"
        let alter =
            "ALTER USER \(identified) WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 "
            + "MAX_USER_CONNECTIONS 0 ACCOUNT UNLOCK PASSWORD EXPIRE NEVER"
        return [
            // CREATE OR REPLACE, because leftover rights of a dropped account make a plain CREATE fail. An existing
            // account is not replaced, because it would lose its roles.
            "IF \(missing) THEN CREATE OR REPLACE USER \(identified); END IF",
            isRight.map { "IF NOT (\($0)) THEN \(alter); END IF" } ?? alter,
        ] + rights(account)
    }

    /// Every password is accepted, each as a separate authentication method.
    private func via(_ passwords: [String]) -> String {
        "VIA "
            + passwords.map { "mysql_native_password USING \(SQLText.literal(NativePassword.hash($0)))" }
            .joined(separator: " OR ")
    }
}

/// Accounts that users add: one name, all rights on the service's databases.
extension UserStatements {
    static let mariadb = UserStatements(
        list: "SELECT DISTINCT User FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL ORDER BY User",
        hosts: {
            "SELECT Host FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL "
                + "AND User = \(SQLText.literal($0))"
        },
        create: { name, password in
            "CREATE USER \(SQLText.account(name, "%")) IDENTIFIED VIA mysql_native_password USING "
                + SQLText.literal(NativePassword.hash(password))
        },
        readingChanges: MariaDBReaders.rights, granted: SQLText.grantedDatabase,
        endSessions: { name, connection throws(ClientFault) in
            try connection.run("KILL USER \(SQLText.literal(name))")
        })
}
