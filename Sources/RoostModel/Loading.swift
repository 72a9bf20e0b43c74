/// What was loaded, after a load without an error.
package struct LoadReport: Codable, Equatable, Sendable {
    /// Statements that the server has carried out; 0 where the format has none.
    package var statements: Int
    /// What was translated, left out or made for the dump, and what it lacks: one sentence each, for people.
    package var notes: [String]
    /// The databases that the dump itself named, in its order. Empty: it named none.
    package var databases: [String]
    /// What it made and brought; nil: the format does not tell.
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

/// What the statements of a dump made and brought.
package struct LoadContent: Codable, Equatable, Sendable {
    package var tables: Int
    package var rows: Int
    /// Code of the dump ran too, whose tables and rows are not among these.
    package var hasRunCode: Bool

    package init(tables: Int = 0, rows: Int = 0, hasRunCode: Bool = false) {
        self.tables = tables
        self.rows = rows
        self.hasRunCode = hasRunCode
    }

    /// Told where it is so.
    package static let emptyNote = "the dump holds no table and no row"

    package var isEmpty: Bool { tables == 0 && rows == 0 && !hasRunCode }

    /// `2 tables, 1 row`
    package var words: String {
        func counted(_ count: Int, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }
        return "\(counted(tables, "table")), \(counted(rows, "row"))"
    }
}

/// How far the load of a dump has come.
package struct LoadProgress: Codable, Equatable, Sendable {
    /// Of the file, as it is on the disk.
    package var bytesRead: Int64
    package var bytesTotal: Int64
    /// Sent to the server until now; 0 where the format has none.
    package var statements: Int

    package init(bytesRead: Int64, bytesTotal: Int64, statements: Int) {
        self.bytesRead = bytesRead
        self.bytesTotal = bytesTotal
        self.statements = statements
    }
}
