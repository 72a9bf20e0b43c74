import RoostModel

/// The rights of users who read a MariaDB server's changes, as SQL. Pure.
///
/// MariaDB split MySQL's REPLICATION CLIENT: BINLOG MONITOR is for the list of logs and their positions, SLAVE MONITOR for
/// the state of replication. Readers get no RELOAD, which could reset the log, and no right that changes replication.
struct MariaDBReaders {
    static let rights = ["REPLICATION SLAVE", "BINLOG MONITOR", "SLAVE MONITOR"]
    /// The same as bits of the column `access`.
    private static let bits: UInt64 = 1 << 19 | 1 << 20 | 1 << 38

    let names: [String]

    init(_ plan: ServerPlan) { names = plan.changeReaders }

    private var isReader: String { "Host = '%' AND User IN (\(names.map(SQLText.literal).joined(separator: ", ")))" }

    /// Gives the rights to the users that exist and lack some.
    var statements: [String] {
        names.map { name in
            "IF EXISTS (SELECT 1 FROM mysql.global_priv WHERE User = \(SQLText.literal(name)) AND Host = '%' "
                + "AND \(Self.lacksRights)) THEN GRANT \(Self.rights.joined(separator: ", ")) ON *.* "
                + "TO \(SQLText.account(name, "%")); END IF"
        }
    }

    private static let lacksRights = "\(MariaDBAccountFacts.access) & \(bits) <> \(bits)"

    // MARK: Probing

    /// Condition on a row of `mysql.global_priv`. Nil if there are no readers.
    var lacking: String? { names.isEmpty ? nil : "\(isReader) AND \(Self.lacksRights)" }

    /// Conditions on rows of `mysql.global_priv` and of `information_schema.USER_PRIVILEGES` with no more rights on
    /// everything than a reader may have. Nil if there are no readers.
    var isHarmless: String? {
        let allowed = MariaDBAccountFacts.Right.harmless | Self.bits
        return names.isEmpty ? nil : "(\(isReader) AND \(MariaDBAccountFacts.access) & ~\(allowed) = 0)"
    }

    var isHarmlessGrant: String? {
        let grantees = names.map { SQLText.literal(SQLText.account($0, "%")) }.joined(separator: ", ")
        let allowed = Self.rights.map(SQLText.literal).joined(separator: ", ")
        return names.isEmpty ? nil : "(GRANTEE IN (\(grantees)) AND PRIVILEGE_TYPE IN (\(allowed)))"
    }
}
