import RoostModel

/// The replication accounts of a group's members as SQL. Pure; passwords appear as hashes alone.
///
/// Members connect from this host. An account for exactly that address precedes any other account of the name.
struct MySQLFollowers {
    static let host = "127.0.0.1"

    let plan: ServerPlan

    init(_ plan: ServerPlan) { self.plan = plan }

    private var followers: [GroupPlan.Follower] { plan.group?.followers ?? [] }

    /// Tables of rights, with the columns that name an account.
    private static let tablesOfRights = [
        "mysql.db", "mysql.tables_priv", "mysql.columns_priv", "mysql.procs_priv", "mysql.global_grants",
        "mysql.proxies_priv",
    ]
    private static let tablesOfRoles = [("mysql.role_edges", "TO_USER"), ("mysql.default_roles", "USER")]

    private static func isReserved(_ column: String = "User") -> String {
        "\(column) LIKE \(SQLText.literal(GroupPlan.Follower.prefix.replacing("_", with: "\\_") + "%"))"
    }

    private var isNamed: String {
        followers.isEmpty ? "FALSE" : "User IN (\(followers.map { SQLText.literal($0.name) }.joined(separator: ", ")))"
    }
    private var isOwn: String { "Host = '\(Self.host)' AND \(isNamed)" }

    /// Names of accounts that belong to no member, such as those of a member that left.
    var strangers: String { "SELECT User FROM mysql.user WHERE \(Self.isReserved()) AND NOT (\(isOwn))" }

    /// Sessions of such accounts. They outlive the accounts.
    var strangersSessions: String {
        "SELECT ID FROM information_schema.PROCESSLIST WHERE \(Self.isReserved()) AND NOT (\(isNamed))"
    }

    /// Removes accounts that are not as they should be, and every right beside the accounts themselves. An account
    /// that is right is left alone, so that its member stays connected. Come into force with the next
    /// `FLUSH PRIVILEGES`.
    var removals: [String] {
        let right = followers.map { "(\(isAccountRight($0)))" }
        return ["DELETE FROM mysql.user WHERE \(Self.isReserved())" + right.map { " AND NOT \($0)" }.joined()]
            + Self.tablesOfRights.map { "DELETE FROM \($0) WHERE \(Self.isReserved())" }
            + Self.tablesOfRoles.map { "DELETE FROM \($0.0) WHERE \(Self.isReserved($0.1))" }
    }

    /// Makes the accounts that are missing. Others are right, because those that were not have been removed.
    var statements: [String] {
        followers.flatMap { follower in
            let account = SQLText.account(follower.name, Self.host)
            return [
                "CREATE USER IF NOT EXISTS \(account) IDENTIFIED WITH caching_sha2_password AS "
                    + "\(SQLText.literal(hash(follower))) REQUIRE NONE ACCOUNT UNLOCK PASSWORD EXPIRE NEVER",
                "GRANT REPLICATION SLAVE ON *.* TO \(account)",
            ]
        }
    }

    private func hash(_ follower: GroupPlan.Follower) -> String {
        CachingSHA2Password.hash(follower.passwordForMySQL, of: follower.name, key: plan.administrationPassword)
    }

    // MARK: Probing

    private static func subject(_ follower: GroupPlan.Follower) -> String { "the replication account \(follower.name)" }

    var facts: [AccountFact] { followers.map { AccountFact(.rights, Self.subject($0), "1") } }

    /// Rows of kind, subject and value.
    var rows: [String] {
        followers.map { follower in
            MySQLAccountFacts.row(.rights, SQLText.literal(Self.subject(follower)), "(\(isRight(follower)))", "")
        }
    }

    /// SQL expression, 1 or 0: the account can be used by its member, for replication alone.
    private func isRight(_ follower: GroupPlan.Follower) -> String {
        let name = SQLText.literal(follower.name)
        let others =
            Self.tablesOfRights.map { "\($0) WHERE User = \(name)" }
            + Self.tablesOfRoles.map { "\($0.0) WHERE \($0.1) = \(name)" }
        return "EXISTS (SELECT 1 FROM mysql.user WHERE \(isAccountRight(follower)))"
            + others.map { " AND NOT EXISTS (SELECT 1 FROM \($0))" }.joined()
    }

    /// Condition on a row of `mysql.user`.
    private func isAccountRight(_ follower: GroupPlan.Follower) -> String {
        let rights = MySQLAccountFacts.columns.map { $0 == "Repl_slave_priv" ? "Y" : "N" }.joined()
        let signOn = MySQLAccountFacts.signOn([hash(follower)], requiresTLS: false)
        return "User = \(SQLText.literal(follower.name)) AND Host = '\(Self.host)' "
            + "AND CONCAT(\(MySQLAccountFacts.columns.joined(separator: ", "))) = '\(rights)' "
            + "AND \(MySQLAccountFacts.signOnColumns) = \(SQLText.literal(signOn))"
    }

    /// Condition on a row of `mysql.user`: an account of a member, with no right over the server that it does not need.
    var isHarmless: String {
        let others = MySQLAccountFacts.excessive.filter { $0 != "Repl_slave_priv" }
        return "(\(isOwn) AND 'Y' NOT IN (\(others.joined(separator: ", "))))"
    }
}

extension GroupPlan.Follower {
    /// The manual, "CHANGE REPLICATION SOURCE TO": a replica signs on with 32 characters at most. Of a longer password it
    /// sends the beginning (tried on 9.7), which the source refuses.
    var passwordForMySQL: String { String(password.prefix(32)) }
}
