import RoostModel
import Synchronization

/// Views, triggers, routines and events whose definer is Roost's own account. Callers of such an object would have
/// every right, so Roost gives these objects to the application user.
struct OwnDefiners {
    let applicationUser: String
    let isMariaDB: Bool

    fileprivate static let own = SQLText.literal(SystemAccounts.administrator)

    /// Query for such objects, three columns: kind, database and name.
    private var list: String {
        func rows(_ kind: String, _ schema: String, _ name: String, _ table: String) -> String {
            "SELECT \(kind), \(schema), \(name) FROM information_schema.\(table) "
                + "WHERE SUBSTRING_INDEX(DEFINER, '@', 1) = \(Self.own)"
        }
        return [
            rows("'VIEW'", "TABLE_SCHEMA", "TABLE_NAME", "VIEWS"),
            rows("'TRIGGER'", "TRIGGER_SCHEMA", "TRIGGER_NAME", "TRIGGERS"),
            rows("ROUTINE_TYPE", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINES"),
            rows("'EVENT'", "EVENT_SCHEMA", "EVENT_NAME", "EVENTS"),
        ].joined(separator: " UNION ALL ")
    }

    /// Changes the definer where possible, and returns the objects that still have Roost's account.
    func mend(_ connection: ServerConnection) throws(ClientFault) -> [Object] {
        for object in try connection.run(list).compactMap(Object.init) {
            // The second query returns the objects that could not be changed.
            do throws(ClientFault) { try mend(object, connection) } catch {
                guard !error.isUnanswered else { throw error }
            }
        }
        return try connection.run(list).compactMap(Object.init)
    }

    /// The objects that still have Roost's account as definer. Queried one by one, which opens no other tables.
    static func standing(_ objects: [Object], _ connection: ServerConnection) throws(ClientFault) -> [Object] {
        var standing: [Object] = []
        for object in objects where try !connection.run(object.question).isEmpty { standing.append(object) }
        return standing
    }

    struct Object: Equatable, Sendable {
        let kind: String
        let schema: String
        let name: String

        init?(_ row: [String?]) {
            guard row.count == 3, let kind = row[0], let schema = row[1], let name = row[2] else { return nil }
            (self.kind, self.schema, self.name) = (kind, schema, name)
        }

        /// `view shop.orders`
        var title: String { "\(kind.lowercased()) \(schema).\(name)" }

        /// Query that returns a row if the definer is Roost's own account.
        var question: String {
            let (schemaColumn, nameColumn, table) =
                switch kind {
                case "VIEW": ("TABLE_SCHEMA", "TABLE_NAME", "VIEWS")
                case "TRIGGER": ("TRIGGER_SCHEMA", "TRIGGER_NAME", "TRIGGERS")
                case "EVENT": ("EVENT_SCHEMA", "EVENT_NAME", "EVENTS")
                default: ("ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINES")
                }
            return "SELECT 1 FROM information_schema.\(table) WHERE \(schemaColumn) = \(SQLText.literal(schema)) "
                + "AND \(nameColumn) = \(SQLText.literal(name)) AND SUBSTRING_INDEX(DEFINER, '@', 1) = \(OwnDefiners.own)"
        }

        var text: String { "\(kind) \(SQLText.identifier(schema)).\(SQLText.identifier(name))" }
    }

    private func mend(_ object: Object, _ connection: ServerConnection) throws(ClientFault) {
        let row = try connection.run("SHOW CREATE \(object.text)").first ?? []
        // Only the column with the statement begins with CREATE.
        guard let created = row.compactMap({ $0 }).first(where: { $0.hasPrefix("CREATE ") && $0.contains("DEFINER=") }),
            // Names stand in double quotes if the object was created in ANSI_QUOTES mode.
            let range = created.firstRange(of: #/DEFINER=[`"]roost_admin[`"]@[`"][^`"]*[`"]/#)
        else { return }
        let definer = SQLText.account(applicationUser, "%")
        let given = created[..<range.lowerBound] + "DEFINER=\(definer)" + created[range.upperBound...]
        // Recreate the object in its original SQL mode, which decides what its quotes mean.
        let mode = object.kind == "VIEW" ? "" : row.dropFirst().compactMap { $0 }.first ?? ""
        try connection.run("USE \(SQLText.identifier(object.schema))")
        try connection.run("SET SESSION sql_mode = \(SQLText.literal(mode))")
        defer { _ = try? connection.run("SET SESSION sql_mode = ''") }  // Else the caller's next statement fails.
        if object.kind == "VIEW" || isMariaDB {
            try connection.run("CREATE OR REPLACE " + given.dropFirst("CREATE ".count))
        } else {
            try connection.run("DROP \(object.text)")
            do throws(ClientFault) { try connection.run(String(given)) } catch {
                // An object with Roost's account, which is reported, is better than a lost object.
                try connection.run(created)
                throw error
            }
        }
    }
}

/// Objects on each server that run as Roost's own account and could not be changed. Probes report them until they are
/// gone.
final class LeftDefiners: Sendable {
    private let objects = Mutex<[String: [OwnDefiners.Object]]>([:])

    func set(_ left: [OwnDefiners.Object], of server: ServerAddress) {
        objects.withLock { $0[server.socket] = left.isEmpty ? nil : left }
    }

    func of(_ server: ServerAddress) -> [OwnDefiners.Object] { objects.withLock { $0[server.socket] ?? [] } }

    func drift(_ server: ServerAddress, through connection: ServerConnection) throws(ClientFault) -> [AccountDrift] {
        let known = of(server)
        guard !known.isEmpty else { return [] }
        let left = try OwnDefiners.standing(known, connection)
        set(left, of: server)
        return left.map {
            AccountDrift(
                .rights, "the \($0.title) runs as Roost's own account and could not be changed; drop it",
                isMendable: false)
        }
    }
}
