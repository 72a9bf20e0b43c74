import Foundation
import GRDB
import Synchronization
import RoostModel

extension SQLiteStore {
    package func get(_ key: String) async throws(StoreError) -> StoredValue? {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT key, value, revision FROM entry WHERE key = ?")
            return try Row.fetchOne(statement, arguments: [key]).map(StoredValue.init(row:))
        }
    }

    package func list(_ prefix: String) async throws(StoreError) -> [StoredValue] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT key, value, revision FROM entry WHERE key >= ? ORDER BY key")
            let rows = try Row.fetchCursor(statement, arguments: [prefix])
            var values: [StoredValue] = []
            // From the prefix on, keys that start with it come first in the order.
            while let row = try rows.next(), case let value = StoredValue(row: row), value.key.hasPrefix(prefix) {
                values.append(value)
            }
            return values
        }
    }

    package func revision() async throws(StoreError) -> Int64 {
        try await read { db in try Head.fetch(db).revision }
    }

    @discardableResult
    package func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64 {
        try StoreLimits.check(writes)
        let result: Result<Int64, StoreError> = await withCheckedContinuation { continuation in
            let pool = pool
            pool.asyncWriteWithoutTransaction { db in
                // A commit after the copy was made, from which the file is written anew, would be lost.
                let isCurrent = self.file.withLock { $0.pool === pool && !$0.isRetired }
                continuation.resume(
                    returning: isCurrent
                        ? self.commit(writes, in: db)
                        : .failure(.unavailable("the store is being rewritten; try again")))
            }
        }
        return try result.get()
    }

    /// Runs on the writer's own queue, so commits run one after the other.
    private func commit(_ writes: [StoreWrite], in db: Database) -> Result<Int64, StoreError> {
        var result = Result { () throws(StoreError) in try attempt(writes, in: db) }
        if case .failure(.full) = result, ballast.release() {
            result = Result { () throws(StoreError) in try attempt(writes, in: db) }
        } else if case .success = result {
            takeBallast()
        }
        if case .success(let revision) = result { signal.advance(to: revision) }
        return result
    }

    private func attempt(_ writes: [StoreWrite], in db: Database) throws(StoreError) -> Int64 {
        do {
            var revision: Int64 = 0
            // Immediate: the write lock is taken before the reads that the comparison rests on.
            try db.inTransaction(.immediate) {
                revision = try Transaction(db, limits: options.limits).carryOut(writes)
                return .commit
            }
            return revision
        } catch {
            throw StoreError(error, path: path)
        }
    }

    package func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error> {
        let cursor = ChangeCursor(after: revision, signal: signal) { [self] after throws(StoreError) in
            try await read { db in try Transaction.changes(in: db, after: after, prefix: prefix) }
        }
        return AsyncThrowingStream { try await cursor.next() }
    }

    /// Runs on one of the pool's readers, on one state of the file. A cancelled task does not interrupt the read:
    /// reads are short, and an interrupted read would have to be told from a failed one.
    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { access in
                continuation.resume(returning: Result { try body(access.get()) })
            }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension StoredValue {
    init(row: Row) {
        self.init(key: row[0], value: row[1], revision: row[2])
    }
}
