import RoostModel

extension NameRules {
    /// Databases: 64 characters ("Identifier Length Limits" of MySQL, "Identifier Names" of MariaDB). Accounts: 32 in
    /// MySQL, 80 in MariaDB.
    static func mysqlFamily(longestUser: Int) -> NameRules {
        NameRules(
            longestDatabase: 64, ownDatabases: ["mysql", "information_schema", "performance_schema", "sys"],
            longestUser: longestUser)
    }

    /// NAMEDATALEN - 1: the server cuts off what is longer, with a notice that no client shows.
    static let postgresql = NameRules(
        longestDatabase: 63,
        ownDatabases: [
            PostgreSQLAccounts.administrationDatabase, PostgreSQLDatabase.spare, "template0", "template1",
        ], longestUser: 63)

    /// Fewer than 64 bytes, and no two names that differ only in case ("MongoDB Limits and Thresholds").
    static let mongodb = NameRules(
        longestDatabase: 63, ownDatabases: ["admin", "local", "config"], foldsCase: true, longestUser: 63)
}
