@testable import RoostEngines

/// A dump of the shape of a public data set that people begin with, and the number of rows of each table that it
/// makes.
///
/// The texts are this project's own; the shapes (quoting, order of statements) are those of the sets they are named
/// for.
struct DataSet {
    let name: String
    /// The database that the tables are made in.
    let database: String
    let text: String
    /// Row counts by table, as a query names the table.
    let counts: [(table: String, rows: Int)]

    /// A case that loads the dump and asks for every count in one row.
    var dumpCase: DumpCase {
        let question = "SELECT " + counts.map { "(SELECT COUNT(*) FROM \($0.table))" }.joined(separator: ", ")
        return DumpCase(name, text, in: database, .loads(question, counts.map { "\($0.rows)" }))
    }

    /// `(1, 'a'), (2, 'b')`
    static func rows(_ count: Int, _ row: (Int) -> String) -> String {
        (1...count).map { "(\(row($0)))" }.joined(separator: ",\n")
    }

    /// The rows as COPY reads them, with the end mark.
    static func copied(_ count: Int, _ row: (Int) -> [String]) -> String {
        (1...count).map { row($0).joined(separator: "\t") + "\n" }.joined() + "\\.\n"
    }
}
