/// What keeps accounts out of the server's own databases, whatever patterns they are granted: rows of `mysql.db`.
///
/// The server takes the first row that fits, in the order of how exact they are: the host first, then the database, then
/// the user (its sources, `acl_get` and `get_sort`). A row without a user fits every account. Clients come from 127.0.0.1
/// alone, so a row for that very host stands before any other account's; the row for `%` stands before a pattern's where a
/// routine runs as its definer, whose host is the one in its name.
enum MariaDBWall {
    static let hosts = ["127.0.0.1", "%"]
    /// As the column holds them: an underscore would be a pattern, and less exact.
    static let databases = ["mysql", "sys", "performance\\_schema"]

    private static let reading = ["Select_priv"]
    /// What the application user has of each: a dump of all databases asks for views and events too.
    private static let shown: [String: [String]] = [
        "mysql": reading + ["Show_view_priv", "Event_priv"],
        "sys": reading + ["Show_view_priv", "Execute_priv", "Lock_tables_priv", "Create_tmp_table_priv"],
        "performance\\_schema": reading,
    ]

    /// Every column of rights that all versions have.
    static let columns = [
        "Select_priv", "Insert_priv", "Update_priv", "Delete_priv", "Create_priv", "Drop_priv", "Grant_priv",
        "References_priv", "Index_priv", "Alter_priv", "Create_tmp_table_priv", "Lock_tables_priv", "Create_view_priv",
        "Show_view_priv", "Create_routine_priv", "Alter_routine_priv", "Execute_priv", "Event_priv", "Trigger_priv",
        "Delete_history_priv",
    ]
    /// Rights with which somebody changes what is in a database, or hands that on.
    static let writing = columns.filter {
        ![
            "Select_priv", "References_priv", "Create_tmp_table_priv", "Lock_tables_priv", "Show_view_priv",
            "Execute_priv", "Event_priv",
        ].contains($0)
    }

    struct Row: Equatable {
        let host: String
        let database: String
        let user: String
        let rights: [String]

        /// `('127.0.0.1', 'mysql', '', 'N', …)`
        var literal: String {
            let texts = [host, database, user] + MariaDBWall.columns.map { rights.contains($0) ? "Y" : "N" }
            return "(" + texts.map(SQLText.literal).joined(separator: ", ") + ")"
        }

        /// The same with the rights as one text.
        var compared: String {
            let marks = MariaDBWall.columns.map { rights.contains($0) ? "Y" : "N" }.joined()
            return "(" + [host, database, user, marks].map(SQLText.literal).joined(separator: ", ") + ")"
        }
    }

    static func rows(shownUser: String) -> [Row] {
        hosts.flatMap { host in
            databases.flatMap { database in
                [
                    Row(host: host, database: database, user: "", rights: []),
                    Row(host: host, database: database, user: shownUser, rights: shown[database] ?? []),
                ]
            }
        }
    }

    /// Puts the wall up. In force with the next `FLUSH PRIVILEGES`.
    static func statement(shownUser: String) -> String {
        "REPLACE INTO mysql.db (Host, Db, User, \(columns.joined(separator: ", "))) VALUES "
            + rows(shownUser: shownUser).map(\.literal).joined(separator: ", ")
    }

    /// How many of its rows stand as they should.
    static func count(shownUser: String) -> String {
        "SELECT COUNT(*) FROM mysql.db WHERE (Host, Db, User, CONCAT(\(columns.joined(separator: ", ")))) IN ("
            + rows(shownUser: shownUser).map(\.compared).joined(separator: ", ") + ")"
    }

    /// Rows `d` of `mysql.db` that reach over the wall: a database spelled out with needless backslashes is as exact as the
    /// wall itself, and a host of another name may be that of a definer.
    static let breaches =
        "(\(reaches)) AND 'Y' IN (\(writing.map { "d.\($0)" }.joined(separator: ", "))) AND (\(isExact) OR \(isUnwalled))"
    /// Those of them that are taken out. A role's rows are of no host, where no row without a user stands before them.
    static let removedBreaches =
        "(\(reaches)) AND 'Y' IN (\(writing.joined(separator: ", "))) AND (\(isExact) OR Host = '')"
        .replacing("d.Db", with: "Db")

    private static let reaches = ["mysql", "sys", "performance_schema"].map { "'\($0)' LIKE d.Db" }
        .joined(separator: " OR ")
    private static let isExact = "REGEXP_REPLACE(d.Db, '\\\\\\\\.', '') NOT REGEXP '[%_]'"
    private static let isUnwalled =
        "NOT EXISTS (SELECT 1 FROM mysql.db w WHERE w.Host = d.Host AND w.User = '' AND w.Db = 'mysql')"
}
