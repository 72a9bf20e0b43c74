import GRDB

/// The tables of a store file, and the numbered steps that lead to them. A released step is never edited.
struct Schema {
    /// Marks a file as a store ("Roos"), so that no other program's database is taken for one.
    static let applicationID: Int32 = 0x526f_6f73

    /// Statements of each step: step 1 is first.
    let steps: [String]

    static let current = Schema(steps: [
        """
        CREATE TABLE head (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            revision INTEGER NOT NULL,      -- the newest commit
            compacted INTEGER NOT NULL,     -- changes up to this revision are no longer kept
            change_bytes INTEGER NOT NULL   -- the size of those that are
        ) STRICT;
        INSERT INTO head VALUES (1, 0, 0, 0);
        CREATE TABLE entry (
            key TEXT NOT NULL UNIQUE,
            value BLOB NOT NULL,
            revision INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE change (
            revision INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            key TEXT NOT NULL,
            value BLOB,                     -- null: the key was deleted
            PRIMARY KEY (revision, ordinal)
        ) STRICT;
        """,
        // The documents of a service became two, which the control plane migrates at its start. The number keeps an
        // older Roost, which would find no service in it, from opening the store.
        "SELECT 1",
        // Services may have several instances. An older Roost would open a replica for writes.
        "SELECT 1",
    ])

    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, statements) in steps.enumerated() {
            migrator.registerMigration(String(index + 1)) { db in try db.execute(sql: statements) }
        }
        return migrator
    }

    /// Checks that the file is a complete store of a known version, through a connection that cannot write, and
    /// returns the number of its schema.
    @discardableResult
    func inspect(_ path: String) throws(StoreError) -> Int {
        do {
            let queue = try Self.readOnly(path)
            // The connection also closes with its lifetime; a read-only connection leaves an unfinished log as it is.
            defer { try? queue.close() }
            return try queue.read { db in try check(db, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private func check(_ db: Database, path: String) throws -> Int {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Self.applicationID else {
            throw StoreError.corrupt(path: path, reason: "it is another program's database")
        }
        let applied = try migrator.appliedIdentifiers(db).map { Int($0) ?? .max }
        if let newest = applied.max(), newest > steps.count {
            throw StoreError.newer(path: path, schema: newest)
        }
        try Self.quickCheck(db, path: path)
        guard try db.tableExists("head"), try Int64.fetchOne(db, sql: "SELECT revision FROM head") != nil else {
            throw StoreError.corrupt(path: path, reason: "it has no head revision")
        }
        return applied.max() ?? 0
    }

    /// A connection to a store's file that cannot write.
    static func readOnly(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(SQLiteStore.longestWait)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// SQLite's own check of the file's structure, which reads every page once.
    static func quickCheck(_ db: Database, path: String) throws {
        let findings = try String.fetchAll(db, sql: "PRAGMA quick_check(3)")
        guard findings == ["ok"] else {
            throw StoreError.corrupt(path: path, reason: findings.joined(separator: "; "))
        }
    }
}
