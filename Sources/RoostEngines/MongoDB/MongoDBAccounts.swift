import RoostModel

/// The accounts of a MongoDB server as commands. Pure.
///
/// Roost's own is `__system`, which the key file makes: no user may bear its name, no command drops it and no import
/// touches it. It works at every start, whatever people did.
enum MongoDBAccounts {
    static let administrator = "__system"

    /// The shown account may do everything in databases and with users, as an administrator of a hosted service may, and
    /// look at how the server does. It is not given `root`: no say over the set, the server's parameters or its end. It
    /// could give itself that, as whoever makes users can; so no promise rests on it.
    static let shownRoles = ["clusterMonitor", "dbAdminAnyDatabase", "readWriteAnyDatabase", "userAdminAnyDatabase"]

    /// Where accounts are managed it makes none: then the engine keeps it from every other role, too.
    static func shownRoles(_ plan: ServerPlan) -> [String] {
        plan.settings.accounts == .managed ? shownRoles.filter { $0 != "userAdminAnyDatabase" } : shownRoles
    }

    /// Makes the shown account where there is none, else brings all of it to what it should be.
    static func setShown(
        _ name: String, password: String, exists: Bool, roles: [String] = shownRoles
    ) -> BSONDocument {
        account(
            exists ? "updateUser" : "createUser", name, password,
            roles: roles.map { role($0, on: "admin") })
    }

    /// All rights on the data of some databases, and on nothing else.
    static func create(_ name: String, password: String, databases: [String]) -> BSONDocument {
        account(
            "createUser", name, password,
            roles: databases.flatMap { [role("dbAdmin", on: $0), role("readWrite", on: $0)] })
    }

    private static func account(
        _ command: String, _ name: String, _ password: String, roles: [BSONValue]
    ) -> BSONDocument {
        [
            command: .string(name), "pwd": .string(password), "roles": .array(roles),
            "authenticationRestrictions": [], "mechanisms": ["SCRAM-SHA-256"],
            "writeConcern": ["w": "majority", "wtimeout": 30_000],
        ]
    }

    private static func role(_ name: String, on database: String) -> BSONValue {
        ["role": .string(name), "db": .string(database)]
    }

    /// Whether an account as `usersInfo` shows it has the rights of the shown one, no more and no fewer.
    static func isShownAccount(_ user: BSONDocument, roles wanted: [String] = shownRoles) -> Bool {
        let roles = (user["roles"]?.items ?? []).compactMap(\.document).map { role in
            "\(role["role"]?.text ?? "")@\(role["db"]?.text ?? "")"
        }
        return roles.sorted() == wanted.map { "\($0)@admin" }
    }

    /// An account that people see: one of `admin` by its name, another with its database, for whom it signs on.
    struct Listed: Equatable {
        let name: String
        let database: String

        init?(_ user: BSONDocument) {
            guard let name = user["user"]?.text, let database = user["db"]?.text else { return nil }
            self.name = name
            self.database = database
        }

        var label: String { database == "admin" ? name : "\(database).\(name)" }
    }
}
