import Foundation
import GRDB

/// The single row with the store's newest revision and the bounds of its kept history.
struct Head {
    var revision: Int64
    var compacted: Int64
    var changeBytes: Int64

    static func fetch(_ db: Database) throws -> Head {
        let statement = try db.cachedStatement(sql: "SELECT revision, compacted, change_bytes FROM head")
        guard let row = try Row.fetchOne(statement) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the head revision is missing")
        }
        return Head(revision: row[0], compacted: row[1], changeBytes: row[2])
    }

    func write(_ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE head SET revision = ?, compacted = ?, change_bytes = ?")
            .execute(arguments: [revision, compacted, changeBytes])
    }
}

/// The statements of one commit, and of reading the changes of earlier commits. The caller has begun a transaction.
struct Transaction {
    private let db: Database
    private let limits: StoreLimits

    init(_ db: Database, limits: StoreLimits) {
        self.db = db
        self.limits = limits
    }

    /// Returns the new revision, or the newest one if nothing changed.
    func carryOut(_ writes: [StoreWrite]) throws -> Int64 {
        var head = try Head.fetch(db)
        let revision = head.revision + 1
        var ordinal = 0
        // A commit writes each key once, so comparing key by key compares all of them with the state before.
        for write in writes {
            let present = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT revision FROM entry WHERE key = ?"), arguments: [write.key])
            guard write.expecting == nil || write.expecting == present ?? 0 else {
                throw StoreError.conflict(key: write.key)
            }
            switch write {
            case .put(let key, let value, _): try put(key, value, at: revision)
            case .check: continue
            case .delete(let key, _):
                guard present != nil else { continue }
                try db.cachedStatement(sql: "DELETE FROM entry WHERE key = ?").execute(arguments: [key])
            }
            try log(write, at: revision, ordinal: ordinal)
            head.changeBytes += Int64(write.bytes)
            ordinal += 1
        }
        guard ordinal > 0 else { return head.revision }
        head.revision = revision
        try forget(&head)
        try head.write(db)
        return revision
    }

    private func put(_ key: String, _ value: Data, at revision: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO entry (key, value, revision) VALUES (?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision
                """
        ).execute(arguments: [key, value, revision])
    }

    private func log(_ write: StoreWrite, at revision: Int64, ordinal: Int) throws {
        let value: Data? =
            switch write {
            case .put(_, let value, _): value
            case .delete, .check: nil
            }
        try db.cachedStatement(sql: "INSERT INTO change (revision, ordinal, key, value) VALUES (?, ?, ?, ?)")
            .execute(arguments: [revision, ordinal, write.key, value])
    }

    /// Drops the oldest changes beyond the limits, a whole commit at a time, and never the newest commit.
    private func forget(_ head: inout Head) throws {
        while head.compacted + 1 < head.revision,
            head.revision - head.compacted > limits.commitsKept || head.changeBytes > limits.bytesKept
        {
            head.compacted += 1
            let bytes = try Int64.fetchOne(
                db.cachedStatement(
                    sql: "SELECT sum(length(key) + ifnull(length(value), 0)) FROM change WHERE revision = ?"),
                arguments: [head.compacted])
            head.changeBytes -= bytes ?? 0
            try db.cachedStatement(sql: "DELETE FROM change WHERE revision = ?").execute(arguments: [head.compacted])
        }
    }

    /// Reads a bounded number of whole commits after `revision`, and returns their changes below `prefix`.
    static func changes(in db: Database, after revision: Int64, prefix: String) throws -> ChangeBatch {
        let head = try Head.fetch(db)
        guard (head.compacted...head.revision).contains(revision) else { throw StoreError.compacted }
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT key, value, revision FROM change WHERE revision > ? ORDER BY revision, ordinal"),
            arguments: [revision])
        var batch = ChangeBatch(through: head.revision)
        var read: Int64 = revision
        while let row = try rows.next() {
            let of: Int64 = row[2]
            if of != read, batch.isLarge {
                batch.through = read
                break
            }
            read = of
            let key: String = row[0]
            guard key.hasPrefix(prefix) else { continue }
            let value: Data? = row[1]
            batch.append(
                value.map { .put(StoredValue(key: key, value: $0, revision: of)) } ?? .deleted(key: key, revision: of))
        }
        return batch
    }
}
