/// The roles and databases of a PostgreSQL server as SQL. Pure; passwords appear only as verifiers.
struct PostgreSQLAccounts {
    /// The superuser that `initdb` creates. It has no password and signs on only over the private socket.
    static let administrator = "roost_admin"
    /// The database that Roost signs on to. Being separate from the users' databases, it is independent of what users
    /// do to theirs and does not disturb them.
    static let administrationDatabase = "roost_admin"
    /// The database that clients expect to exist.
    static let maintenanceDatabase = "postgres"

    let applicationUser: String
    /// The SCRAM verifier of the application user's password.
    let verifier: String
    /// The major version of the running server.
    let major: Int
    var isManaged = false

    /// Brings the roles to the desired state from any state. Runs in one transaction; harmless while clients are
    /// connected. `exists`: whether the application user's role exists.
    func statements(exists: Bool) -> [String] {
        let shown = PostgreSQLText.identifier(applicationUser)
        return [
            "ALTER ROLE \(Self.administrator) WITH SUPERUSER LOGIN CONNECTION LIMIT -1 PASSWORD NULL "
                + "VALID UNTIL 'infinity'",
            "ALTER ROLE \(Self.administrator) RESET ALL",
            exists ? "" : "CREATE ROLE \(shown)",
            "ALTER ROLE \(shown) WITH LOGIN NOSUPERUSER INHERIT NOREPLICATION NOBYPASSRLS CREATEDB \(mayCreateRoles) "
                + "CONNECTION LIMIT -1 PASSWORD \(PostgreSQLText.literal(verifier)) VALID UNTIL 'infinity'",
            // The withheld roles give the same access as the server's system user.
            "REVOKE \(Self.withheld) FROM \(shown)",
            "GRANT pg_monitor, pg_signal_backend TO \(shown)",
            // An import is lent this right at most.
            "REVOKE SET ON PARAMETER session_replication_role FROM \(shown)",
        ].filter { !$0.isEmpty }
    }

    private static let withheld =
        "\(administrator), pg_execute_server_program, pg_read_server_files, pg_write_server_files"

    /// Before version 16 a role with CREATEROLE may also grant itself `pg_execute_server_program`, and with it a shell
    /// as the server's system user. Nothing prevents that, so on those versions `roost user add` creates users.
    private var mayCreateRoles: String { major >= 16 && !isManaged ? "CREATEROLE" : "NOCREATEROLE" }
}

/// An existing database.
struct PostgreSQLDatabase: Equatable {
    let name: String
    let owner: String
    /// Whether no right was granted or revoked yet, so that every role may connect.
    let isUntouched: Bool

    /// A database made with the directory and renamed when the service is first opened: creating one at that point
    /// writes and flushes 8 MB, which is most of the time that a new service takes.
    static let spare = "roost_spare"

    static let list = "SELECT datname, pg_get_userbyid(datdba), datacl IS NULL FROM pg_database"

    init(name: String, owner: String, isUntouched: Bool) {
        self.name = name
        self.owner = owner
        self.isUntouched = isUntouched
    }

    /// A row of the list.
    init?(row: [String?]) {
        guard row.count == 3, let name = row[0], let owner = row[1] else { return nil }
        self.init(name: name, owner: owner, isUntouched: row[2] == "t")
    }

    /// The changes that bring the databases to the desired state. Pure.
    struct Changes: Equatable {
        /// Statements to run one after the other, because CREATE DATABASE does not run in a transaction. Each database
        /// is sealed before the next is created.
        var creations: [String] = []
        /// Statements about existing databases; one transaction.
        var others: [String] = []
    }

    /// Creates the databases of `wanted` that are missing, and makes the application user the owner of those that
    /// exist.
    static func changes(wanted: [String], owner: String, standing: [PostgreSQLDatabase]) -> Changes {
        let names =
            standing.contains { $0.name == PostgreSQLAccounts.maintenanceDatabase }
                && !wanted.contains(PostgreSQLAccounts.maintenanceDatabase)
            ? wanted + [PostgreSQLAccounts.maintenanceDatabase] : wanted
        let role = PostgreSQLText.identifier(owner)
        // Only Roost creates a database that the administrator owns.
        var spare = standing.first {
            $0.name == Self.spare && $0.owner == PostgreSQLAccounts.administrator && !names.contains(Self.spare)
        }
        return names.reduce(into: Changes()) { changes, name in
            let database = PostgreSQLText.identifier(name)
            let own = "ALTER DATABASE \(database) OWNER TO \(role)"
            // Only the owner and the roles that are granted access may connect, instead of every role.
            let seal = "REVOKE ALL ON DATABASE \(database) FROM PUBLIC"
            if let found = standing.first(where: { $0.name == name }) {
                changes.others += (found.owner == owner ? [] : [own]) + (found.isUntouched ? [seal] : [])
            } else if let taken = spare.take() {
                changes.others += ["ALTER DATABASE \(Self.spare) RENAME TO \(database)", own]
                changes.others += taken.isUntouched ? [seal] : []
            } else {
                // No session can be connected to template0, which would make this statement wait.
                changes.creations += ["CREATE DATABASE \(database) OWNER \(role) TEMPLATE template0", seal]
            }
        }
    }
}

/// Accounts that users add, as SQL. Pure.
enum PostgreSQLUsers {
    static let list =
        "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> '\(PostgreSQLAccounts.administrator)' "
        + "AND rolname !~ '\(PostgreSQLFollowers.pattern)' ORDER BY 1"

    static func look(for name: String) -> String {
        "SELECT rolcanlogin FROM pg_roles WHERE rolname = \(PostgreSQLText.literal(name))"
    }

    /// The databases in which a user may own objects.
    static let reachable = "SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1"

    /// The schemas of a database that belong to users.
    static let schemas =
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"

    /// Makes the role and lets it into the databases.
    static func create(_ name: String, verifier: String, plan: ServerPlan) -> [String] {
        let role = PostgreSQLText.identifier(name)
        let user = [
            "CREATE ROLE \(role) WITH LOGIN PASSWORD \(PostgreSQLText.literal(verifier))",
            // The application user can then change and drop the objects of the new user.
            "GRANT \(role) TO \(PostgreSQLText.identifier(plan.applicationUser))",
        ]
        return (plan.changeReaders.contains(name) ? PostgreSQLReaders.create(name, verifier: verifier) : user)
            + plan.databases.map {
                "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE \(PostgreSQLText.identifier($0)) TO \(role)"
            }
    }

    /// All rights within one database: on existing objects, and on objects that the application user will create.
    static func grants(_ name: String, schemas: [String], applicationUser: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        let kinds = ["TABLES", "SEQUENCES", "ROUTINES"]
        let standing = schemas.map(PostgreSQLText.identifier).flatMap { schema in
            ["GRANT ALL ON SCHEMA \(schema) TO \(role)"]
                + kinds.map { "GRANT ALL ON ALL \($0) IN SCHEMA \(schema) TO \(role)" }
        }
        let coming = (kinds + ["TYPES", "SCHEMAS"]).map {
            "ALTER DEFAULT PRIVILEGES FOR ROLE \(PostgreSQLText.identifier(applicationUser)) GRANT ALL ON \($0) TO \(role)"
        }
        return standing + coming
    }

    /// Disables the login first, so that the user cannot reconnect, then ends its sessions.
    static func shutOut(_ name: String) -> [String] {
        [
            "ALTER ROLE \(PostgreSQLText.identifier(name)) NOLOGIN",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(PostgreSQLText.literal(name))",
        ]
    }

    /// Within each database: reassigns the role's objects to the application user and drops its grants.
    static func release(_ name: String, to applicationUser: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        return ["REASSIGN OWNED BY \(role) TO \(PostgreSQLText.identifier(applicationUser))", "DROP OWNED BY \(role)"]
    }

    static func drop(_ name: String) -> String { "DROP ROLE \(PostgreSQLText.identifier(name))" }
}
