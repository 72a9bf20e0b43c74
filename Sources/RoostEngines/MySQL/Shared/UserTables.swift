/// Tables of users on a server of the MySQL family.
struct UserTables: Sendable {
    /// Databases that are not the users'.
    let systemDatabases: Set<String>

    struct Table: Equatable {
        let schema: String
        let name: String

        var text: String { "\(SQLText.identifier(schema)).\(SQLText.identifier(name))" }
    }

    private var isOfUsers: String {
        "TABLE_SCHEMA NOT IN (\(systemDatabases.sorted().map(SQLText.literal).joined(separator: ", ")))"
    }

    func exist(_ connection: ServerConnection) throws(ClientFault) -> Bool {
        try !connection.run("SELECT 1 FROM information_schema.TABLES WHERE \(isOfUsers) LIMIT 1").isEmpty
    }

    /// Tables of the engine MEMORY, which are empty after a start of the server. Asks for no statistics: these would
    /// open the tables.
    func inMemory(_ connection: ServerConnection) throws(ClientFault) -> [Table] {
        try connection.run(
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE ENGINE = 'MEMORY' AND \(isOfUsers)"
        ).compactMap { row in row[0].flatMap { schema in row[1].map { Table(schema: schema, name: $0) } } }
    }

    /// Opens the tables in memory. The first session that opens one after a start of the server finds it empty, and
    /// the server writes that to its binary log.
    func openThoseInMemory(_ connection: ServerConnection) throws(ClientFault) {
        // A table that cannot be opened is left to its users.
        _ = try connection.runEach(inMemory(connection).map { "SELECT 1 FROM \($0.text) LIMIT 0" })
    }
}
