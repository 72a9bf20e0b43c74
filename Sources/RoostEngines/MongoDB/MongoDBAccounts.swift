import RoostModel

/// The accounts of a MongoDB server as commands. Pure.
///
/// Roost's own account is `__system`, which the key file makes: no user may have its name, no command drops it and no
/// import touches it. It works at every start, whatever users did.
enum MongoDBAccounts {
    static let administrator = "__system"

    /// The application user may do everything in databases and with users, as an administrator of a hosted service
    /// may, and observe the server. It does not get `root`: no control over the set, the server's parameters or its
    /// shutdown. As it can create users, it could grant itself `root`; so no guarantee depends on this.
    static let shownRoles = ["clusterMonitor", "dbAdminAnyDatabase", "readWriteAnyDatabase", "userAdminAnyDatabase"]

    /// If accounts are managed it cannot create users: then the engine also keeps it from every other role.
    static func shownRoles(_ plan: ServerPlan) -> [String] {
        plan.settings.accounts == .managed ? shownRoles.filter { $0 != "userAdminAnyDatabase" } : shownRoles
    }

    /// Creates the application user if it is missing, else restores all of its attributes.
    static func setShown(
        _ name: String, password: String, exists: Bool, roles: [String] = shownRoles
    ) -> BSONDocument {
        account(
            exists ? "updateUser" : "createUser", name, password,
            roles: roles.map { role($0, on: "admin") })
    }

    /// All rights on the data of the given databases, and on nothing else.
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

    /// Whether an account in the form of `usersInfo` has exactly the application user's rights.
    static func isShownAccount(_ user: BSONDocument, roles wanted: [String] = shownRoles) -> Bool {
        let roles = (user["roles"]?.items ?? []).compactMap(\.document).map { role in
            "\(role["role"]?.text ?? "")@\(role["db"]?.text ?? "")"
        }
        return roles.sorted() == wanted.map { "\($0)@admin" }
    }

    /// An account as users see it: one of `admin` by its name, another one with the database that it signs on to.
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
