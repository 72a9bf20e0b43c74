import Foundation
import Synchronization

/// A store in memory, for tests. It keeps the same rules as the durable stores.
package final class MemoryStore: StateStore {
    private struct State {
        var revision: Int64 = 0
        var entries: [String: StoredValue] = [:]
        /// The changes of the commits that are kept, oldest first.
        var log: [(revision: Int64, changes: [StoreChange], bytes: Int64)] = []

        var compacted: Int64 { (log.first?.revision ?? 1) - 1 }
    }

    private let limits: StoreLimits
    private let state = Mutex(State())
    private let signal = CommitSignal(0)

    package init(limits: StoreLimits = StoreLimits()) { self.limits = limits }

    package func get(_ key: String) async throws(StoreError) -> StoredValue? {
        state.withLock { $0.entries[key] }
    }

    package func list(_ prefix: String) async throws(StoreError) -> [StoredValue] {
        state.withLock { $0.entries.values.filter { $0.key.hasPrefix(prefix) } }.sorted { $0.key < $1.key }
    }

    package func revision() async throws(StoreError) -> Int64 {
        state.withLock { $0.revision }
    }

    @discardableResult
    package func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64 {
        try StoreLimits.check(writes)
        let revision = try state.withLock { state throws(StoreError) in try Self.carryOut(writes, limits, on: &state) }
        signal.advance(to: revision)
        return revision
    }

    private static func carryOut(
        _ writes: [StoreWrite], _ limits: StoreLimits, on state: inout State
    ) throws(StoreError) -> Int64 {
        for write in writes {
            let present = state.entries[write.key]?.revision ?? 0
            guard write.expecting == nil || write.expecting == present else { throw .conflict(key: write.key) }
        }
        let revision = state.revision + 1
        var changes: [StoreChange] = []
        var bytes: Int64 = 0
        for write in writes {
            switch write {
            case .put(let key, let value, _):
                let stored = StoredValue(key: key, value: value, revision: revision)
                state.entries[key] = stored
                changes.append(.put(stored))
            case .check: continue
            case .delete(let key, _):
                guard state.entries.removeValue(forKey: key) != nil else { continue }
                changes.append(.deleted(key: key, revision: revision))
            }
            bytes += Int64(write.bytes)
        }
        guard !changes.isEmpty else { return state.revision }
        state.revision = revision
        state.log.append((revision, changes, bytes))
        var kept = state.log.reduce(0) { $0 + $1.bytes }
        while state.log.count > 1, Int64(state.log.count) > limits.commitsKept || kept > limits.bytesKept {
            kept -= state.log.removeFirst().bytes
        }
        return revision
    }

    package func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error> {
        let cursor = ChangeCursor(after: revision, signal: signal) { [self] after throws(StoreError) in
            try changes(after: after, prefix: prefix)
        }
        return AsyncThrowingStream { try await cursor.next() }
    }

    private func changes(after revision: Int64, prefix: String) throws(StoreError) -> ChangeBatch {
        try state.withLock { state throws(StoreError) in
            guard (state.compacted...state.revision).contains(revision) else { throw .compacted }
            var batch = ChangeBatch(through: revision)
            for commit in state.log.drop(while: { $0.revision <= revision }) where !batch.isLarge {
                for change in commit.changes where change.key.hasPrefix(prefix) { batch.append(change) }
                batch.through = commit.revision
            }
            return batch
        }
    }
}

extension StoreChange {
    /// The key that was written or deleted.
    package var key: String {
        switch self {
        case .put(let value): value.key
        case .deleted(let key, _): key
        }
    }

    /// The revision of the commit that made the change.
    package var revision: Int64 {
        switch self {
        case .put(let value): value.revision
        case .deleted(_, let revision): revision
        }
    }
}
