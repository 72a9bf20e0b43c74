import RoostModel

/// Facts about extensions: libraries they need in every server process, settings they need, and packages that carry
/// them. Pure.
enum PostgreSQLExtensions {
    /// For each extension, the libraries that the server loads at its start.
    private static let libraries: [String: [String]] = [
        "age": ["age"], "citus": ["citus"], "pg_cron": ["pg_cron"], "pg_qualstats": ["pg_qualstats"],
        "pg_squeeze": ["pg_squeeze"], "pg_stat_kcache": ["pg_stat_statements", "pg_stat_kcache"],
        "pg_stat_monitor": ["pg_stat_monitor"], "pg_stat_statements": ["pg_stat_statements"],
        "pg_wait_sampling": ["pg_wait_sampling"], "pgaudit": ["pgaudit"], "pglogical": ["pglogical"],
        "set_user": ["set_user"], "timescaledb": ["timescaledb"],
    ]
    /// Libraries that must be loaded before all others, in this order.
    private static let first = ["citus", "pg_stat_statements"]

    /// `pg_cron` keeps its jobs in one database.
    private static let onlyInDefaultDatabase: Set = ["pg_cron"]

    /// Extensions that run jobs or take part in replication on their own. A copy runs without them; their tables stay
    /// unchanged.
    private static let ofOriginal: Set = ["pg_cron", "pglogical"]

    /// The extensions of the plan that its server may have.
    static func used(_ plan: ServerPlan) -> [String] {
        plan.profile.isCopy ? plan.settings.extensions.filter { !ofOriginal.contains($0) } : plan.settings.extensions
    }

    /// Libraries in an order that is independent of the list's: a changed value requires a restart.
    static func preloaded(_ extensions: [String]) -> [String] {
        let wanted = Set(extensions.flatMap { libraries[$0] ?? [] })
        return first.filter(wanted.contains) + wanted.subtracting(first).sorted()
    }

    static func settings(of extensions: [String], database: String) -> [Option] {
        guard extensions.contains("pg_cron") else { return [] }
        // Without this setting its jobs would sign on through a port, without a password.
        return [Option("cron.database_name", database), Option("cron.use_background_workers", true)]
    }

    /// The extensions of one database of the service. `isDefault`: whether the database has the service's name.
    static func wanted(_ extensions: [String], isDefault: Bool) -> [String] {
        extensions.filter { isDefault || !onlyInDefaultDatabase.contains($0) }
    }

    /// Whether imports may create the extension. Only a superuser can create these, and their functions give others
    /// access to nothing beyond the databases. All other extensions must be named in the build file.
    static func makesForImports(_ name: String) -> Bool { forImports.contains(name) }

    private static let forImports: Set = [
        "address_standardizer", "amcheck", "autoinc", "bloom", "dblink", "earthdistance", "insert_username",
        "moddatetime",
        "pageinspect", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements", "pg_visibility",
        "pgrowlocks", "pgstattuple", "postgis", "postgis_raster", "postgis_sfcgal", "postgis_topology", "postgres_fdw",
        "sslinfo", "vector", "xml2",
    ]

    /// Creates an extension and those it requires, in the schema that it asks for, otherwise in `public`.
    static func create(_ name: String) -> [String] {
        [
            "CREATE SCHEMA IF NOT EXISTS public AUTHORIZATION pg_database_owner", "SET LOCAL search_path = public",
            "CREATE EXTENSION IF NOT EXISTS \(PostgreSQLText.identifier(name)) CASCADE",
        ]
    }

    // MARK: Packages

    /// Extensions whose Debian package is not named after them.
    private static let packages: [String: String] = [
        "postgis": "postgis-3", "postgis_raster": "postgis-3", "postgis_topology": "postgis-3",
        "postgis_tiger_geocoder": "postgis-3", "address_standardizer": "postgis-3", "pg_cron": "cron",
        "vector": "pgvector", "pg_partman": "partman", "pg_repack": "repack", "plpython3u": "plpython3",
        "hstore_plpython3u": "plpython3", "plperl": "plperl", "plperlu": "plperl", "pltcl": "pltcl", "pltclu": "pltcl",
    ]

    /// The Debian package that would carry a missing extension: `postgresql-15-postgis-3`.
    static func package(of name: String, major: Int) -> String {
        let known = packages[name] ?? name.replacing("_", with: "-")
        let isLanguage = ["plpython3", "plperl", "pltcl"].contains(known)
        return isLanguage ? "postgresql-\(known)-\(major)" : "postgresql-\(major)-\(known)"
    }

    /// The problems with a list of extensions, one line each. `isPackaged`: the release comes from the system's
    /// packages, and others may add extensions to it. `isHere`: whether the release has the control file.
    static func refusals(
        _ extensions: [String], of build: EngineIdentity, isPackaged: Bool, isHere: (String) -> Bool
    ) -> [String] {
        extensions.filter { !isHere($0) }.map { name in
            guard isPackaged else {
                return "extension '\(name)' is not part of the added build \(build); add a build that includes it"
            }
            let package = package(of: name, major: build.version.components[0])
            return "extension '\(name)' is not installed; the Debian package '\(package)' should include it"
        }
    }
}
