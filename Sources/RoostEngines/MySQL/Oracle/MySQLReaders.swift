import RoostModel

/// The rights of users who read a MySQL server's changes, as SQL. Pure.
///
/// Readers get no RELOAD, which could reset the log, and no right that changes replication.
struct MySQLReaders {
    static let rights = ["REPLICATION SLAVE", "REPLICATION CLIENT"]
    private static let columns = ["Repl_slave_priv", "Repl_client_priv"]

    let names: [String]

    init(_ plan: ServerPlan) { names = plan.changeReaders }

    private var isReader: String { "Host = '%' AND User IN (\(names.map(SQLText.literal).joined(separator: ", ")))" }

    /// Gives the rights to the users that exist. Comes into force with the next `FLUSH PRIVILEGES`. Not a grant: for a
    /// user that does not exist a grant fails, and a failed statement of the start file ends the server.
    var changes: [String] {
        guard let lacking else { return [] }
        return ["UPDATE mysql.user SET \(Self.columns.map { "\($0) = 'Y'" }.joined(separator: ", ")) WHERE \(lacking)"]
    }

    /// Condition on a row of `mysql.user`. Nil if there are no readers.
    var lacking: String? {
        names.isEmpty ? nil : "\(isReader) AND 'N' IN (\(Self.columns.joined(separator: ", ")))"
    }

    /// Condition on a row of `mysql.user` with no more rights over the server than a reader may have. Nil if there are
    /// no readers.
    var isHarmless: String? {
        let others = MySQLAccountFacts.excessive.filter { !Self.columns.contains($0) }
        return names.isEmpty ? nil : "(\(isReader) AND 'Y' NOT IN (\(others.joined(separator: ", "))))"
    }
}
