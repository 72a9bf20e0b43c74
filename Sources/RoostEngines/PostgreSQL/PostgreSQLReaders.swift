import RoostModel

/// The rights of users who read a PostgreSQL server's changes, and their slots, as SQL. Pure.
///
/// The manual, "The pg_hba.conf File": a connection for logical replication names a database, and the rules for databases
/// admit it. The word `replication` stands for physical replication, which readers do not need and no rule admits them to.
struct PostgreSQLReaders {
    let names: [String]

    init(_ plan: ServerPlan) { names = plan.changeReaders }

    private var list: String { names.map(PostgreSQLText.literal).joined(separator: ", ") }

    /// Gives the right to the users that exist and lack it.
    var statements: [String] {
        guard let lacking else { return [] }
        return [
            """
            DO $$ DECLARE r record; BEGIN
            FOR r IN SELECT rolname FROM pg_authid WHERE \(lacking) LOOP
            EXECUTE format('ALTER ROLE %I REPLICATION', r.rolname); END LOOP; END $$
            """
        ]
    }

    /// Makes the user. Nobody becomes a member of it, because a member could use its right. A reader that pauses to work
    /// would lose its connection by the short timeout of a group's members.
    static func create(_ name: String, verifier: String) -> [String] {
        let role = PostgreSQLText.identifier(name)
        return [
            "CREATE ROLE \(role) WITH LOGIN REPLICATION PASSWORD \(PostgreSQLText.literal(verifier))",
            "ALTER ROLE \(role) SET wal_sender_timeout = '60s'",
        ]
    }

    // MARK: Probing

    /// Condition on a row of `pg_authid`. Nil if there are no readers.
    var lacking: String? { names.isEmpty ? nil : "rolname IN (\(list)) AND rolcanlogin AND NOT rolreplication" }

    /// Rows of `pg_stat_replication` of connections that bear the name of a replica, although a reader made them: what
    /// they acknowledge would count as the replica's. Nil if there are no readers.
    var impostors: String? {
        names.isEmpty ? nil : "usename IN (\(list)) AND application_name ~ '^roost_'"
    }

    /// Statement that ends the connections of readers. A server that stops waits for them, for as long as they have not
    /// confirmed all changes.
    var end: String? {
        names.isEmpty
            ? nil : "SELECT pg_terminate_backend(pid, 500) FROM pg_stat_replication WHERE usename IN (\(list))"
    }

    /// Statement that ends such connections alone. Nil if there are no readers.
    var endImpostors: String? {
        impostors.map { "SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE \($0)" }
    }

    // MARK: Slots

    /// Query for the slots that readers made. Roost makes physical ones only.
    static let slots = "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary"

    /// Whether the folder of this name holds a slot of Roost's own.
    static func isOwn(slot name: String) -> Bool { name.wholeMatch(of: /roost_[0-9]+/) != nil }
}
