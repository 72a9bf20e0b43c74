/// Rows of `mysql.db` that keep accounts out of the server's own databases, whatever database patterns they are
/// granted.
///
/// The server takes the first row that matches, ordered by how specific the host is, then the database, then the user
/// (its sources, `acl_get` and `get_sort`). A row without a user matches every account. Clients come from 127.0.0.1
/// alone, so a row for exactly that host precedes those of other accounts; the row for `%` precedes a pattern's when
/// a routine runs as its definer, whose host is the one in its name.
enum MariaDBWall {
    static let hosts = ["127.0.0.1", "%"]
    /// Names as the column holds them: an unescaped underscore would be a pattern, and less specific.
    static let databases = ["mysql", "sys", "performance\\_schema"]

    private static let reading = ["Select_priv"]
    /// Rights of the application user on each database: a dump of all databases needs views and events too.
    private static let shown: [String: [String]] = [
        "mysql": reading + ["Show_view_priv", "Event_priv"],
        "sys": reading + ["Show_view_priv", "Execute_priv", "Lock_tables_priv", "Create_tmp_table_priv"],
        "performance\\_schema": reading,
    ]

    /// All columns of rights that every version has.
    static let columns = [
        "Select_priv", "Insert_priv", "Update_priv", "Delete_priv", "Create_priv", "Drop_priv", "Grant_priv",
        "References_priv", "Index_priv", "Alter_priv", "Create_tmp_table_priv", "Lock_tables_priv", "Create_view_priv",
        "Show_view_priv", "Create_routine_priv", "Alter_routine_priv", "Execute_priv", "Event_priv", "Trigger_priv",
        "Delete_history_priv",
    ]
    /// Rights to change the contents of a database, or to grant such rights.
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

        /// The same with the rights as one string.
        var compared: String {
            let marks = MariaDBWall.columns.map { rights.contains($0) ? "Y" : "N" }.joined()
            return "(" + [host, database, user, marks].map(SQLText.literal).joined(separator: ", ") + ")"
        }
    }

    static func rows(applicationUser: String) -> [Row] {
        hosts.flatMap { host in
            databases.flatMap { database in
                [
                    Row(host: host, database: database, user: "", rights: []),
                    Row(host: host, database: database, user: applicationUser, rights: shown[database] ?? []),
                ]
            }
        }
    }

    /// Writes the rows. They come into force with the next `FLUSH PRIVILEGES`.
    static func statement(applicationUser: String) -> String {
        "REPLACE INTO mysql.db (Host, Db, User, \(columns.joined(separator: ", "))) VALUES "
            + rows(applicationUser: applicationUser).map(\.literal).joined(separator: ", ")
    }

    /// Query for the number of rows that are as expected.
    static func count(applicationUser: String) -> String {
        "SELECT COUNT(*) FROM mysql.db WHERE (Host, Db, User, CONCAT(\(columns.joined(separator: ", ")))) IN ("
            + rows(applicationUser: applicationUser).map(\.compared).joined(separator: ", ") + ")"
    }

    /// Rows `d` of `mysql.db` that bypass the wall: a database spelled out with needless backslashes is as specific as
    /// the wall's rows, and another host name may be that of a definer.
    static let breaches =
        "(\(reaches)) AND 'Y' IN (\(writing.map { "d.\($0)" }.joined(separator: ", "))) AND (\(isExact) OR \(isUnwalled))"
    /// Bypassing rows that a repair deletes. A role's rows have no host, and no row without a user precedes them.
    static let removedBreaches =
        "(\(reaches)) AND 'Y' IN (\(writing.joined(separator: ", "))) AND (\(isExact) OR Host = '')"
        .replacing("d.Db", with: "Db")

    private static let reaches = ["mysql", "sys", "performance_schema"].map { "'\($0)' LIKE d.Db" }
        .joined(separator: " OR ")
    private static let isExact = "REGEXP_REPLACE(d.Db, '\\\\\\\\.', '') NOT REGEXP '[%_]'"
    private static let isUnwalled =
        "NOT EXISTS (SELECT 1 FROM mysql.db w WHERE w.Host = d.Host AND w.User = '' AND w.Db = 'mysql')"
}
