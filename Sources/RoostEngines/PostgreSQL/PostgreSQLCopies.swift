import RoostModel

/// The settings of a copy that replace a service's. Pure.
enum PostgreSQLCopies {
    /// Options for the command line. Nil: as in a service.
    static func durability(_ profile: ServerProfile) -> [Option]? {
        switch profile {
        case .service: return nil
        case .clone(let isDurable):
            return [
                Option("fsync", isDurable), Option("full_page_writes", isDurable),
                // Without fsync this costs no wait for the disk, and committed work outlives a killed server.
                Option("synchronous_commit", true),
                // Not `minimal`: with that level a snapshot of a clone would need a freeze of its processes.
                Option("wal_level", "replica"), Option("max_wal_senders", 0), Option("archive_mode", false),
                // Without recycling: rewriting a shared file in place would first copy it block by block.
                Option("wal_recycle", false), Option("wal_init_zero", isDurable),
            ]
        case .building:
            return [
                Option("fsync", false), Option("full_page_writes", false), Option("synchronous_commit", false),
                // Indexes, and tables filled in the transaction that created them, are not logged.
                Option("wal_level", "minimal"), Option("max_wal_senders", 0), Option("archive_mode", false),
                // The template keeps nothing of the import's log.
                Option("wal_recycle", false), Option("wal_init_zero", false),
            ]
        }
    }

    /// Also on the command line, whatever the files of the directory say: a copy must not do any of this.
    static let fixed = [
        Option("max_logical_replication_workers", 0), Option("primary_conninfo", ""), Option("restore_command", ""),
        Option("archive_command", ""), Option("synchronous_standby_names", ""),
    ]

    /// Options for the file, where the user's settings override them.
    static func replaced(_ sizes: [Option], _ plan: ServerPlan) -> [Option] {
        let own: [Option]
        switch plan.profile {
        case .service: return sizes
        case .clone:
            own = [
                // A single worker that looks rarely: a short-lived copy needs little vacuuming.
                Option("autovacuum_max_workers", 1), Option("autovacuum_naptime", "5min"),
                Option("min_wal_size", "32MB"),
            ]
        case .building:
            own = [
                Option("autovacuum", false), Option("max_wal_size", "4GB"), Option("min_wal_size", "32MB"),
                Option("checkpoint_timeout", "1h"),
                // For building indexes, one after the other.
                Option("maintenance_work_mem", "\(max(32, plan.settings.memory.bytes >> 22))MB"),
            ]
        }
        let names = Set(own.map(\.name))
        return sizes.filter { !names.contains($0.name) } + own
    }

    /// Settings written by `ALTER SYSTEM` that make a server act as the original.
    static func isOfOriginal(_ setting: String) -> Bool {
        let prefixes = ["primary_", "restore_", "archive_", "recovery_", "synchronous_", "promote_", "shared_preload"]
        return prefixes.contains(where: setting.hasPrefix)
    }
}

/// Subscriptions of a copy, as SQL. Pure.
enum PostgreSQLSubscriptions {
    static let list =
        "SELECT s.subname, d.datname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid ORDER BY 1, 2"

    /// Statements to run in the subscription's database, each by itself. With its slot's name, the subscription would
    /// end the original's slot; with its source's address, it would ask the source for tables that it has not copied
    /// yet.
    static func stop(_ name: String, dropping: Bool) -> [String] {
        let subscription = PostgreSQLText.identifier(name)
        return [
            "ALTER SUBSCRIPTION \(subscription) DISABLE",
            "ALTER SUBSCRIPTION \(subscription) SET (slot_name = NONE)",
            "ALTER SUBSCRIPTION \(subscription) CONNECTION 'host=/nonexistent dbname=nothing'",
        ] + (dropping ? ["DROP SUBSCRIPTION \(subscription)"] : [])
    }
}

/// The roles that a dump brings, as SQL. Pure.
enum PostgreSQLRoles {
    /// The owner of a template's objects until its dump is loaded: a separate superuser, because objects of Roost's
    /// own account cannot be reassigned.
    static let importer = "roost_import"

    static let makeImporter =
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(importer)') THEN "
        + "CREATE ROLE \(importer); END IF; "
        // An existing importer may lack these attributes.
        + "ALTER ROLE \(importer) WITH SUPERUSER NOLOGIN INHERIT BYPASSRLS; END $$"

    /// Run first, so that the importer is harmless even if later steps fail.
    static let disarmImporter = "ALTER ROLE \(importer) WITH NOSUPERUSER NOLOGIN NOBYPASSRLS NOREPLICATION"

    /// In each database: reassigns all loaded objects to the application user. Objects that only a superuser may own
    /// go to Roost's account. Event triggers are disabled, because they would run a function of the application user's
    /// as any acting user.
    static func handOver(to applicationUser: String) -> [String] {
        let administrator = PostgreSQLAccounts.administrator
        return [
            """
            DO $$ DECLARE o record; BEGIN
            FOR o IN SELECT evtname AS name FROM pg_event_trigger WHERE evtowner = '\(importer)'::regrole LOOP
            EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', o.name);
            EXECUTE format('ALTER EVENT TRIGGER %I OWNER TO \(administrator)', o.name); END LOOP;
            FOR o IN SELECT fdwname AS name FROM pg_foreign_data_wrapper WHERE fdwowner = '\(importer)'::regrole LOOP
            EXECUTE format('ALTER FOREIGN DATA WRAPPER %I OWNER TO \(administrator)', o.name); END LOOP; END $$
            """,
            "REASSIGN OWNED BY \(importer) TO \(PostgreSQLText.identifier(applicationUser))",
            "DROP OWNED BY \(importer)",
        ]
    }

    /// In each database: objects owned by Roost's own accounts that came neither with the server nor with an
    /// extension. Such an object acts with a superuser's rights for its users: a function that runs as its owner, a
    /// view, an index that is kept up to date. The only kind that only a superuser can own, and that runs nothing, is
    /// left alone.
    static let taken = """
        SELECT kind || ' ' || name FROM (
        SELECT 'function' AS kind, oid::regprocedure::text AS name, proowner AS owner, 'pg_proc'::regclass AS class, oid
        FROM pg_proc
        UNION ALL SELECT 'relation', oid::regclass::text, relowner, 'pg_class'::regclass, oid FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL SELECT 'type', oid::regtype::text, typowner, 'pg_type'::regclass, oid FROM pg_type
        WHERE typtype IN ('b', 'd', 'e', 'r') AND typelem = 0
        UNION ALL SELECT 'schema', nspname, nspowner, 'pg_namespace'::regclass, oid FROM pg_namespace
        WHERE nspname !~ '^pg_(toast|temp)'
        UNION ALL SELECT 'event trigger', evtname, evtowner, 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
        UNION ALL SELECT 'language', lanname, lanowner, 'pg_language'::regclass, oid FROM pg_language
        UNION ALL SELECT 'operator', oid::regoperator::text, oprowner, 'pg_operator'::regclass, oid FROM pg_operator
        UNION ALL SELECT 'server', srvname, srvowner, 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
        UNION ALL SELECT 'publication', pubname, pubowner, 'pg_publication'::regclass, oid FROM pg_publication
        ) AS o WHERE oid >= 16384
        AND owner IN (SELECT oid FROM pg_roles WHERE rolname IN ('\(PostgreSQLAccounts.administrator)', '\(importer)'))
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = o.oid AND d.classid = o.class AND d.deptype = 'e')
        ORDER BY 1 LIMIT 20
        """

    static let dropImporter = "DROP ROLE \(importer)"

    /// Restricts every role besides Roost's own and the application user: no sign-on, no right that the application
    /// user lacks. The application user may change their objects.
    static func tame(applicationUser: String) -> String {
        let shown = PostgreSQLText.literal(applicationUser)
        return """
            DO $$ DECLARE r record; g text; BEGIN
            FOR r IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'
            AND rolname NOT IN ('\(PostgreSQLAccounts.administrator)', '\(importer)', \(shown)) LOOP
            EXECUTE format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOREPLICATION NOBYPASSRLS NOCREATEROLE NOCREATEDB '
            || 'PASSWORD NULL', r.rolname);
            FOREACH g IN ARRAY ARRAY['\(PostgreSQLAccounts.administrator)', 'pg_execute_server_program',
            'pg_read_server_files', 'pg_write_server_files', \(shown)] LOOP
            IF pg_has_role(r.rolname, g, 'MEMBER') THEN EXECUTE format('REVOKE %I FROM %I', g, r.rolname); END IF;
            END LOOP;
            IF NOT pg_has_role(r.rolname, \(shown), 'MEMBER') AND NOT pg_has_role(\(shown), r.rolname, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', r.rolname, \(shown)); END IF;
            END LOOP; END $$
            """
    }
}
