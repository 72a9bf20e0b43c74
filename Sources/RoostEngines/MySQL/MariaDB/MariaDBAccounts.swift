import RoostModel

/// The accounts of a MariaDB server as SQL. Pure; passwords appear as hashes alone.
struct MariaDBAccounts {
    let plan: ServerPlan

    /// Run by the server itself at each start, before it takes connections. Its reader takes a line that ends with a
    /// semicolon for the end of a statement, and at the first error it stops and lets the server start all the same.
    var startFile: String {
        let session = ["SET SESSION \(OwnSession.meaning)", "SET SESSION sql_log_bin = 0"]
        return (session + statements).map { $0 + ";\n" }.joined()
    }

    /// Brings the accounts to what the plan says, whatever was there. Harmless while clients are connected: their rights
    /// on databases are never taken away and given again. To run where nothing is written to the binary log, because
    /// each server of a service does it for itself.
    var statements: [String] { shadows + administration + shown + wall }

    /// Last: where the application user's account had to be made, its rows of `mysql.db` went with the old one.
    private var wall: [String] {
        MariaDBSystemAccount.statements
            + [MariaDBWall.statement(shownUser: plan.shownUser), "FLUSH LOCAL PRIVILEGES"]
    }

    /// An imported dump may bring accounts that are matched before the shown one, because their host is more exact, and
    /// accounts without a name. After a dump the tables may say what the server has not read yet.
    private var shadows: [String] {
        let names = [plan.shownUser, SystemAccounts.administrator].map(SQLText.literal).joined(separator: ", ")
        let kept =
            "(\(SQLText.literal(plan.shownUser)), '%'), (\(SQLText.literal(SystemAccounts.administrator)), 'localhost')"
        return [
            "DELETE FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL "
                + "AND (User = '' OR (User IN (\(names)) AND (User, Host) NOT IN (\(kept))))",
            MariaDBWall.statement(shownUser: plan.shownUser),
            "FLUSH LOCAL PRIVILEGES",
        ]
    }

    /// Roost's own account: through the private socket alone, because no address is `localhost` to a server that does
    /// not resolve names. One that is right is not altered: the time at which its password was set tells of others.
    private var administration: [String] {
        account(
            SystemAccounts.administrator, "localhost", passwords: [plan.administrationPassword],
            transport: "REQUIRE NONE", unless: MariaDBAccountFacts(plan: plan).ownIsRight
        ) {
            ["GRANT ALL PRIVILEGES ON *.* TO \($0) WITH GRANT OPTION"]
        }
    }

    /// The account that people are shown. It may do everything in databases of its own making and make users, and
    /// nothing that a safety rule of Roost's rests on: no FILE, SHUTDOWN, SUPER, no say over logs, replication,
    /// read-only mode or other people's connections, and no RELOAD, which would reset the binary log.
    private var shown: [String] {
        let transport = plan.certificate == nil ? "REQUIRE NONE" : "REQUIRE SSL"
        let isManaged = plan.settings.accounts == .managed
        return account(plan.shownUser, "%", passwords: shownPasswords, transport: transport) {
            [
                "REVOKE ALL PRIVILEGES ON *.* FROM \($0)",
                "REVOKE GRANT OPTION ON *.* FROM \($0)",
                "GRANT \(isManaged ? "" : "CREATE USER, ")PROCESS ON *.* TO \($0)",
                // Of the server's own databases it has what the wall leaves it.
                "GRANT ALL PRIVILEGES ON `%`.* TO \($0) WITH GRANT OPTION",
            ] + (isManaged ? ["REVOKE GRANT OPTION ON `%`.* FROM \($0)"] : [])
        }
    }

    /// The newer first.
    var shownPasswords: [String] { [plan.shownPassword] + (plan.previousPassword.map { [$0] } ?? []) }

    /// Makes an account where there is none, and sets all of it but its rights, unless a condition holds.
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
            // Replaced, because rights that an account left behind make a plain CREATE fail. One that stands is not
            // replaced, which would take its roles.
            "IF \(missing) THEN CREATE OR REPLACE USER \(identified); END IF",
            isRight.map { "IF NOT (\($0)) THEN \(alter); END IF" } ?? alter,
        ] + rights(account)
    }

    /// Each of the passwords opens the account, as its own method of authentication.
    private func via(_ passwords: [String]) -> String {
        "VIA "
            + passwords.map { "mysql_native_password USING \(SQLText.literal(NativePassword.hash($0)))" }
            .joined(separator: " OR ")
    }
}

/// Accounts that people add: one name, all rights on the service's databases.
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
        granted: SQLText.grantedDatabase,
        endSessions: { name, connection throws(ClientFault) in
            try connection.run("KILL USER \(SQLText.literal(name))")
        })
}
