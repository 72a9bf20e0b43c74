import RoostModel

/// The accounts and slots with which the members of a group follow a primary, as SQL. Pure; passwords appear only as
/// verifiers.
struct PostgreSQLFollowers {
    /// Nil if the service has one instance.
    let group: GroupPlan?

    private var roles: Set<String> { Set((group?.followers ?? []).map(\.name)) }

    /// Slots for the other members: each keeps the log that its member has not received.
    private var slots: Set<String> {
        guard let group else { return [] }
        let others = group.followers.map(\.index).filter { $0 != group.own.index }
        return Set(others.map { PostgreSQLReplication.name(of: $0) })
    }

    // MARK: What stands

    /// A pattern of the names of all such accounts, as a regular expression.
    static let pattern = "^\(GroupPlan.Follower.prefix)"

    /// Rows of kind and name. A slot is lost once it kept more than `max_slot_wal_keep_size`; it keeps nothing since.
    static let look =
        "SELECT 'role', rolname FROM pg_roles WHERE rolname ~ '\(pattern)[0-9]+(_[0-9]+)?$' UNION ALL "
        + "SELECT CASE wal_status WHEN 'lost' THEN 'lost' ELSE 'slot' END, slot_name FROM pg_replication_slots "
        + "WHERE slot_name ~ '^roost_[0-9]+$'"

    struct Standing: Equatable {
        var roles: Set<String> = []
        var slots: Set<String> = []
        var lost: Set<String> = []

        init(_ rows: [[String?]]) {
            for row in rows where row.count == 2 {
                guard let name = row[1] else { continue }
                switch row[0] {
                case "role": roles.insert(name)
                case "lost": lost.insert(name)
                default: slots.insert(name)
                }
            }
        }
    }

    struct Changes: Equatable {
        var goneRoles: [String] = []
        var goneSlots: [String] = []
        var newSlots: [String] = []
    }

    func changes(_ standing: Standing) -> Changes {
        Changes(
            goneRoles: standing.roles.subtracting(roles).sorted(),
            goneSlots: (standing.slots.subtracting(slots).union(standing.lost)).sorted(),
            newSlots: slots.subtracting(standing.slots).sorted())
    }

    // MARK: Accounts

    /// Brings the accounts to the desired state from any state. Runs in one transaction. `verifiers`: by name.
    ///
    /// A user may have made a role of this name before the service became a group: memberships would let it change the
    /// account, and its sessions have the account's rights.
    func statements(_ standing: Standing, verifiers: [String: String]) -> [String] {
        let wanted = verifiers.sorted { $0.key < $1.key }
        guard !wanted.isEmpty else { return [] }
        let names = wanted.map { PostgreSQLText.literal($0.key) }.joined(separator: ", ")
        let missing = wanted.map(\.key).filter { !standing.roles.contains($0) }
        var statements = missing.map { "CREATE ROLE \(PostgreSQLText.identifier($0))" }
        statements.append(Self.leave(names))
        for (name, verifier) in wanted { statements += Self.restore(name, verifier) }
        statements.append(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                + "AND usename IN (\(names))")
        return statements
    }

    private static func restore(_ name: String, _ verifier: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        return [
            "ALTER ROLE \(role) WITH LOGIN REPLICATION NOSUPERUSER NOINHERIT NOBYPASSRLS NOCREATEDB NOCREATEROLE "
                + "CONNECTION LIMIT -1 PASSWORD \(PostgreSQLText.literal(verifier)) VALID UNTIL 'infinity'",
            "ALTER ROLE \(role) RESET ALL",
        ]
    }

    /// Ends the memberships of roles, and in them.
    private static func leave(_ names: String) -> String {
        """
        DO $$ DECLARE m record; BEGIN
        FOR m IN SELECT DISTINCT roleid::regrole::text AS role, member::regrole::text AS member FROM pg_auth_members
        WHERE roleid IN (SELECT oid FROM pg_roles WHERE rolname IN (\(names)))
        OR member IN (SELECT oid FROM pg_roles WHERE rolname IN (\(names))) LOOP
        EXECUTE format('REVOKE %s FROM %s CASCADE', m.role, m.member); END LOOP; END $$
        """
    }

    /// Makes an account useless and ends its connections.
    static func shutOut(_ name: String) -> [String] {
        [
            "ALTER ROLE \(PostgreSQLText.identifier(name)) WITH NOLOGIN NOREPLICATION PASSWORD NULL",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(PostgreSQLText.literal(name))",
        ]
    }

    static func drop(_ name: String) -> [String] {
        [leave(PostgreSQLText.literal(name)), "DROP ROLE \(PostgreSQLText.identifier(name))"]
    }

    /// SQLSTATE of a role that owns objects.
    static let ownsObjects = "2BP01"

    // MARK: Slots

    static func makeSlot(_ name: String) -> String {
        "SELECT pg_create_physical_replication_slot(\(PostgreSQLText.literal(name)), true)"
    }

    /// Ends the connection that uses the slot. The account of a member that left cannot connect any more.
    static func freeSlot(_ name: String) -> String {
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
            + "WHERE slot_name = \(PostgreSQLText.literal(name)) AND active_pid IS NOT NULL"
    }

    static func dropSlot(_ name: String) -> String {
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            + "WHERE slot_name = \(PostgreSQLText.literal(name))"
    }

    /// SQLSTATE of a slot that is in use.
    static let isInUse = "55006"
}
