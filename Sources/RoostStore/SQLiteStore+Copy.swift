import Dispatch
import GRDB
import RoostModel

extension SQLiteStore {
    /// Writes a consistent copy to `path` in place of the earlier copy, which stays until the new one is complete,
    /// checked and on the disk. Commits continue meanwhile. The copy is itself a store file, readable by its owner
    /// only.
    package func backUp(to path: String) async throws(StoreError) {
        guard path != self.path else { throw .unavailable("\(path) is the store itself; its copy needs another path") }
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            copying.async { [self] in
                continuation.resume(returning: Result { () throws(StoreError) in try copy(to: path) })
            }
        }
        try result.get()
    }

    private func copy(to path: String) throws(StoreError) {
        let draft = path + ".new"
        let leftovers = ["", "-wal", "-shm", "-journal"].map { draft + $0 }
        for file in leftovers { try StoreFile.discard(file) }
        // Best effort: the next copy discards them first as well.
        defer { for file in leftovers { try? StoreFile.discard(file) } }
        try StoreFile.create(draft)
        do {
            let target = try DatabaseQueue(path: draft)
            try pool.backup(to: target)
            try target.inDatabase { db in
                // The copy is one plain file, without a log beside it.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                try Schema.quickCheck(db, path: self.path)
            }
            try target.close()
        } catch {
            // Corruption is in the store itself: the draft was made a moment ago.
            if case .corrupt(_, let reason) = StoreError(error, path: path) {
                throw .corrupt(path: self.path, reason: reason)
            }
            throw StoreError(error, path: path)
        }
        try StoreFile.replace(path, by: draft)
    }

    /// Keeps a permanent copy of a store before its migration to a newer schema, beside it, as `store.db.schema-1`.
    /// An earlier copy with that name stays, and this copy is `store.db.schema-1-2`. If a process was killed after
    /// its copy, that copy has the same revision, and no other is made.
    static func keepCopy(of path: String, schema: Int) throws(StoreError) {
        let revision = try newestRevision(in: path)
        var (target, number) = ("\(path).schema-\(schema)", 1)
        while try StoreFile.kind(of: target) != .absent {
            if try newestRevision(in: target) == revision { return }
            number += 1
            target = "\(path).schema-\(schema)-\(number)"
        }
        let draft = target + ".new"
        for suffix in ["", "-wal", "-shm", "-journal"] { try StoreFile.discard(draft + suffix) }
        try StoreFile.create(draft)
        do {
            let source = try Schema.readOnly(path)
            let copy = try DatabaseQueue(path: draft)
            try source.backup(to: copy)
            try copy.inDatabase { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                try Schema.quickCheck(db, path: path)
            }
            try copy.close()
            try source.close()
        } catch {
            throw StoreError(error, path: path)
        }
        _ = try StoreFile.publish(draft, as: target)
        try StoreFile.discard(draft)
    }

    private static func newestRevision(in path: String) throws(StoreError) -> Int64 {
        do {
            let queue = try Schema.readOnly(path)
            defer { try? queue.close() }
            return try queue.read { db in try Head.fetch(db).revision }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Moves an unreadable store aside with its log, or a log without its store, under a free name, and returns that
    /// name; nil if there is nothing to move. The next `open` then makes a new store for `roost recover`.
    package static func setAside(path: String) throws(StoreError) -> String? {
        var parts: [String] = []
        for part in ["", "-wal", "-shm"] where try StoreFile.kind(of: path + part) != .absent { parts.append(part) }
        guard !parts.isEmpty else { return nil }
        let target = try freeName(for: path)
        // The store is moved first: `open` refuses a log alone, but would take a store without its log for a complete
        // one.
        for part in parts { try StoreFile.move(path + part, to: target + part) }
        try StoreFile.sync(StoreFile.folder(of: path))
        return target
    }

    /// Gives a store that was made and closed under another name its final path, which must be free.
    package static func publish(draft: String, as path: String) throws(StoreError) {
        for part in ["-wal", "-shm"] where try StoreFile.kind(of: draft + part) != .absent {
            throw .unavailable("\(draft) was not closed: its log \(draft + part) is still there")
        }
        guard try StoreFile.publish(draft, as: path) else {
            throw .unavailable("\(path) already exists")
        }
        try StoreFile.discard(draft)
    }

    private static func freeName(for path: String) throws(StoreError) -> String {
        var number = 1
        while true {
            let name = "\(path).unreadable-\(number)"
            let store = try StoreFile.kind(of: name)
            let log = try StoreFile.kind(of: name + "-wal")
            if store == .absent, log == .absent { return name }
            number += 1
        }
    }
}
