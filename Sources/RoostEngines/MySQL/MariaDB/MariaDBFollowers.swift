import RoostModel

/// The replication accounts of a group's members as SQL. Pure; passwords appear as hashes alone.
///
/// Members connect from this host. An account for exactly that address precedes any other account of the name.
struct MariaDBFollowers {
    static let host = "127.0.0.1"
    /// REPLICATION SLAVE, a bit of the column `access`.
    private static let right: UInt64 = 1 << 19

    let followers: [GroupPlan.Follower]

    init(_ plan: ServerPlan) { followers = plan.group?.followers ?? [] }

    /// Accounts whose name is reserved for members. `Host` and `User` are columns.
    private static let isReserved =
        "User LIKE \(SQLText.literal(GroupPlan.Follower.prefix.replacing("_", with: "\\_") + "%"))"

    private var isNamed: String {
        followers.isEmpty ? "FALSE" : "User IN (\(followers.map { SQLText.literal($0.name) }.joined(separator: ", ")))"
    }
    private var isOwn: String { "Host = '\(Self.host)' AND \(isNamed)" }

    /// Names of accounts that belong to no member, such as those of a member that left.
    var strangers: String { "SELECT User FROM mysql.global_priv WHERE \(Self.isReserved) AND NOT (\(isOwn))" }

    /// Sessions of such accounts. They outlive the accounts.
    var strangersSessions: String {
        "SELECT ID FROM information_schema.PROCESSLIST WHERE \(Self.isReserved) AND NOT (\(isNamed))"
    }

    /// Come into force with the next `FLUSH PRIVILEGES`.
    var removals: [String] {
        ["mysql.global_priv", "mysql.db"].map { "DELETE FROM \($0) WHERE \(Self.isReserved) AND NOT (\(isOwn))" }
    }

    /// Makes the accounts that are missing or differ. An account that is right is left alone, so that its member stays
    /// connected.
    var statements: [String] {
        followers.map { follower in
            let account = SQLText.account(follower.name, Self.host)
            let hash = SQLText.literal(NativePassword.hash(follower.password))
            return "IF NOT (\(isRight(follower))) THEN CREATE OR REPLACE USER \(account) IDENTIFIED VIA "
                + "mysql_native_password USING \(hash) REQUIRE NONE ACCOUNT UNLOCK PASSWORD EXPIRE NEVER; "
                + "GRANT REPLICATION SLAVE ON *.* TO \(account); END IF"
        }
    }

    // MARK: Probing

    private static func subject(_ follower: GroupPlan.Follower) -> String { "the replication account \(follower.name)" }

    var facts: [AccountFact] { followers.map { AccountFact(.rights, Self.subject($0), "1") } }

    /// Rows of kind, subject and value.
    var rows: [String] {
        followers.map { follower in
            MariaDBAccountFacts.row(
                .rights, SQLText.literal(Self.subject(follower)), "(\(isRight(follower)))", "")
        }
    }

    /// SQL expression, 1 or 0: the account can be used by its member, for replication alone.
    private func isRight(_ follower: GroupPlan.Follower) -> String {
        let name = SQLText.literal(follower.name)
        let signOn = MariaDBAccountFacts.signOn([NativePassword.hash(follower.password)], requiresTLS: false)
        let others = ["mysql.db", "mysql.tables_priv", "mysql.procs_priv", "mysql.roles_mapping"]
        return "EXISTS (SELECT 1 FROM mysql.global_priv WHERE User = \(name) AND Host = '\(Self.host)' "
            + "AND \(MariaDBAccountFacts.access) = \(Self.right) "
            + "AND \(MariaDBAccountFacts.signOnColumns) = \(SQLText.literal(signOn)))"
            + others.map { " AND NOT EXISTS (SELECT 1 FROM \($0) WHERE User = \(name))" }.joined()
    }

    /// An account of a member, with no more rights than it needs.
    var isHarmless: String { "(\(isOwn) AND \(MariaDBAccountFacts.access) & ~\(Self.right) = 0)" }

    /// As `information_schema` writes accounts.
    var grantees: [String] { followers.map { SQLText.account($0.name, Self.host) } }
}
