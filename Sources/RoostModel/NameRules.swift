/// Names of databases and users that a server takes. Pure.
///
/// Servers differ: PostgreSQL silently cuts off a longer name and would never find it again, MongoDB refuses it, and
/// each server has databases and accounts of its own, which the application user must never be given.
package struct NameRules: Codable, Equatable, Sendable {
    /// In bytes: names that users choose here are ASCII, so that characters and bytes are the same.
    package let longestDatabase: Int
    /// The server's own databases and Roost's, in lower case.
    package let ownDatabases: Set<String>
    /// Whether `Shop` and `shop` cannot exist together.
    package let foldsCase: Bool
    package let longestUser: Int

    package init(
        longestDatabase: Int = 64, ownDatabases: Set<String>, foldsCase: Bool = false, longestUser: Int = 32
    ) {
        self.longestDatabase = longestDatabase
        self.ownDatabases = ownDatabases
        self.foldsCase = foldsCase
        self.longestUser = longestUser
    }

    /// Why a database cannot have the name; nil if it can.
    package func databaseFault(_ name: String) -> String? {
        let isWhole = name.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
        guard isWhole, (1...longestDatabase).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "-") else {
            return "is not a valid database name; use 1 to \(longestDatabase) letters, digits, _ and -"
        }
        guard !ownDatabases.contains(name.lowercased()) else {
            return "is a system database of the server; choose another name"
        }
        return nil
    }

    /// Why the default database of a service or template, which has its name, cannot be made; nil if it can.
    package func ownerFault(_ name: String, of kind: String, type: ServiceType) -> String? {
        databaseFault(name).map { fault in
            ownDatabases.contains(name.lowercased())
                ? "a \(kind) of type '\(type)' cannot be called '\(name)': its default database has the same name, and "
                    + "'\(name)' is a system database of the server; choose another name"
                : "a \(kind) of type '\(type)' cannot be called '\(name)': its default database has the same name, which \(fault)"
        }
    }

    /// Why a user cannot have the name; nil if it can. The server's own accounts are refused where the server is
    /// asked.
    package func userFault(_ name: String) -> String? {
        let isWhole = name.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
        // Programs would take a leading `-` for an option.
        guard isWhole, !name.hasPrefix("-"), (1...longestUser).contains(name.utf8.count) else {
            return "is not a valid user name; use 1 to \(longestUser) of A-Z, a-z, 0-9, _ and -, not starting with -"
        }
        return nil
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
