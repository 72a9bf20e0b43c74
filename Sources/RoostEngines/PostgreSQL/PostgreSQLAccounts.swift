/// The roles and databases of a PostgreSQL server as SQL. Pure; passwords appear as verifiers alone.
struct PostgreSQLAccounts {
    /// The superuser that a data directory is born with. It has no password and is reached over the private socket alone.
    static let administrator = "roost_admin"
    /// Where Roost signs on: a database of its own, so that nothing that people do to theirs stands in its way, and it in
    /// the way of nothing that they do.
    static let administrationDatabase = "roost_admin"
    /// The database that clients expect to be there.
    static let maintenanceDatabase = "postgres"

    let shownUser: String
    /// The SCRAM verifier of its password.
    let verifier: String
    /// Of the server that runs.
    let major: Int
    var isManaged = false

    /// Brings the roles to what they should be, whatever was there. One transaction, harmless while clients are
    /// connected. `exists`: whether the shown role is there.
    func statements(exists: Bool) -> [String] {
        let shown = PostgreSQLText.identifier(shownUser)
        return [
            "ALTER ROLE \(Self.administrator) WITH SUPERUSER LOGIN CONNECTION LIMIT -1 PASSWORD NULL "
                + "VALID UNTIL 'infinity'",
            "ALTER ROLE \(Self.administrator) RESET ALL",
            exists ? "" : "CREATE ROLE \(shown)",
            "ALTER ROLE \(shown) WITH LOGIN NOSUPERUSER INHERIT NOREPLICATION NOBYPASSRLS CREATEDB \(mayCreateRoles) "
                + "CONNECTION LIMIT -1 PASSWORD \(PostgreSQLText.literal(verifier)) VALID UNTIL 'infinity'",
            // Each of them is as good as the server's system user.
            "REVOKE \(Self.withheld) FROM \(shown)",
            "GRANT pg_monitor, pg_signal_backend TO \(shown)",
            // Lent to an import at most.
            "REVOKE SET ON PARAMETER session_replication_role FROM \(shown)",
        ].filter { !$0.isEmpty }
    }

    private static let withheld =
        "\(administrator), pg_execute_server_program, pg_read_server_files, pg_write_server_files"

    /// Before version 16 whoever may create roles may also give himself `pg_execute_server_program`, and with it a shell
    /// as the server's system user. Nothing withholds that, so there `roost user add` makes users.
    private var mayCreateRoles: String { major >= 16 && !isManaged ? "CREATEROLE" : "NOCREATEROLE" }
}

/// A database as it stands.
struct PostgreSQLDatabase: Equatable {
    let name: String
    let owner: String
    /// Nobody has granted or revoked anything yet: everybody may connect.
    let isUntouched: Bool

    /// Made with the directory, and given its name when the service is first opened: making one there and then writes and
    /// flushes 8 MB, which is most of the time that a new service takes.
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

    /// What brings the databases to what they should be. Pure.
    struct Changes: Equatable {
        /// One after the other: a database is not made within a transaction. Each is sealed before the next is made.
        var creations: [String] = []
        /// Of databases that stand already; one transaction.
        var others: [String] = []
    }

    /// Makes those of `wanted` that are missing, and gives those that stand to the shown user.
    static func changes(wanted: [String], owner: String, standing: [PostgreSQLDatabase]) -> Changes {
        let names =
            standing.contains { $0.name == PostgreSQLAccounts.maintenanceDatabase }
                && !wanted.contains(PostgreSQLAccounts.maintenanceDatabase)
            ? wanted + [PostgreSQLAccounts.maintenanceDatabase] : wanted
        let role = PostgreSQLText.identifier(owner)
        // Nobody but Roost makes one that is the administrator's.
        var spare = standing.first {
            $0.name == Self.spare && $0.owner == PostgreSQLAccounts.administrator && !names.contains(Self.spare)
        }
        return names.reduce(into: Changes()) { changes, name in
            let database = PostgreSQLText.identifier(name)
            let own = "ALTER DATABASE \(database) OWNER TO \(role)"
            // Only its owner and those who are let in, not every role of the server.
            let seal = "REVOKE ALL ON DATABASE \(database) FROM PUBLIC"
            if let found = standing.first(where: { $0.name == name }) {
                changes.others += (found.owner == owner ? [] : [own]) + (found.isUntouched ? [seal] : [])
            } else if let taken = spare.take() {
                changes.others += ["ALTER DATABASE \(Self.spare) RENAME TO \(database)", own]
                changes.others += taken.isUntouched ? [seal] : []
            } else {
                // Nobody can be connected to template0, which would make this wait.
                changes.creations += ["CREATE DATABASE \(database) OWNER \(role) TEMPLATE template0", seal]
            }
        }
    }
}

/// Accounts that people add, as SQL. Pure.
enum PostgreSQLUsers {
    static let list =
        "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> '\(PostgreSQLAccounts.administrator)' ORDER BY 1"

    static func look(for name: String) -> String {
        "SELECT rolcanlogin FROM pg_roles WHERE rolname = \(PostgreSQLText.literal(name))"
    }

    /// The databases that somebody may own something in.
    static let reachable = "SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1"

    /// The schemas of a database that are people's.
    static let schemas =
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"

    /// Makes the role and lets it into the databases.
    static func create(_ name: String, verifier: String, databases: [String], shownUser: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        return [
            "CREATE ROLE \(role) WITH LOGIN PASSWORD \(PostgreSQLText.literal(verifier))",
            // So that the shown user can change and drop what the other has made.
            "GRANT \(role) TO \(PostgreSQLText.identifier(shownUser))",
        ] + databases.map { "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE \(PostgreSQLText.identifier($0)) TO \(role)" }
    }

    /// All rights within one database: on what is there, and on what the shown user will make.
    static func grants(_ name: String, schemas: [String], shownUser: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        let kinds = ["TABLES", "SEQUENCES", "ROUTINES"]
        let standing = schemas.map(PostgreSQLText.identifier).flatMap { schema in
            ["GRANT ALL ON SCHEMA \(schema) TO \(role)"]
                + kinds.map { "GRANT ALL ON ALL \($0) IN SCHEMA \(schema) TO \(role)" }
        }
        let coming = (kinds + ["TYPES", "SCHEMAS"]).map {
            "ALTER DEFAULT PRIVILEGES FOR ROLE \(PostgreSQLText.identifier(shownUser)) GRANT ALL ON \($0) TO \(role)"
        }
        return standing + coming
    }

    /// Keeps it from coming back, then ends its sessions.
    static func shutOut(_ name: String) -> [String] {
        [
            "ALTER ROLE \(PostgreSQLText.identifier(name)) NOLOGIN",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(PostgreSQLText.literal(name))",
        ]
    }

    /// Within each database: what it owns goes to the shown user, what it was granted goes.
    static func release(_ name: String, to shownUser: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        return ["REASSIGN OWNED BY \(role) TO \(PostgreSQLText.identifier(shownUser))", "DROP OWNED BY \(role)"]
    }

    static func drop(_ name: String) -> String { "DROP ROLE \(PostgreSQLText.identifier(name))" }
}
