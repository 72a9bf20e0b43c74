/// Report of a load that ended without an error.
package struct LoadReport: Codable, Equatable, Sendable {
    /// Statements that the server has executed; 0 if the format has none.
    package var statements: Int
    /// Sentences for people: parts that were translated, left out or made for the dump, and parts that it lacked.
    package var notes: [String]
    /// Databases that the dump itself named, in its order. Empty if it named none.
    package var databases: [String]
    /// Tables and rows of the dump; nil if the format does not tell.
    package var content: LoadContent?

    package init(
        statements: Int = 0, notes: [String] = [], databases: [String] = [], content: LoadContent? = nil
    ) {
        self.statements = statements
        self.notes = notes
        self.databases = databases
        self.content = content
    }
}

/// Tables and rows that the statements of a dump created.
package struct LoadContent: Codable, Equatable, Sendable {
    package var tables: Int
    package var rows: Int
    /// Whether code of the dump ran too: its tables and rows are not counted.
    package var hasRunCode: Bool

    package init(tables: Int = 0, rows: Int = 0, hasRunCode: Bool = false) {
        self.tables = tables
        self.rows = rows
        self.hasRunCode = hasRunCode
    }

    /// Note that is reported if the dump held no table and no row.
    package static let emptyNote = "the dump contains no tables and no rows"

    package var isEmpty: Bool { tables == 0 && rows == 0 && !hasRunCode }

    /// `2 tables, 1 row`
    package var words: String {
        func counted(_ count: Int, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }
        return "\(counted(tables, "table")), \(counted(rows, "row"))"
    }
}

/// Progress of the load of a dump.
package struct LoadProgress: Codable, Equatable, Sendable {
    /// Bytes of the file as it is on disk.
    package var bytesRead: Int64
    package var bytesTotal: Int64
    /// Statements sent to the server so far; 0 if the format has none.
    package var statements: Int

    package init(bytesRead: Int64, bytesTotal: Int64, statements: Int) {
        self.bytesRead = bytesRead
        self.bytesTotal = bytesTotal
        self.statements = statements
    }
}
