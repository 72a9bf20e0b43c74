@testable import RoostEngines

/// A dump of the shape of a public data set that people begin with, and how many rows of which table it makes.
///
/// The texts are this project's own; the shapes (what is quoted how, which statements come in which order) are those of
/// the sets they are named for.
struct DataSet {
    let name: String
    /// Where it puts its tables.
    let database: String
    let text: String
    /// By table, as a query names it.
    let counts: [(table: String, rows: Int)]

    /// Loads it and asks for every count in one row.
    var dumpCase: DumpCase {
        let question = "SELECT " + counts.map { "(SELECT COUNT(*) FROM \($0.table))" }.joined(separator: ", ")
        return DumpCase(name, text, in: database, .loads(question, counts.map { "\($0.rows)" }))
    }

    /// `(1, 'a'), (2, 'b')`
    static func rows(_ count: Int, _ row: (Int) -> String) -> String {
        (1...count).map { "(\(row($0)))" }.joined(separator: ",\n")
    }

    /// What COPY reads, with its end.
    static func copied(_ count: Int, _ row: (Int) -> [String]) -> String {
        (1...count).map { row($0).joined(separator: "\t") + "\n" }.joined() + "\\.\n"
    }
}
