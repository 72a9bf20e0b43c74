import Foundation
import Synchronization

/// Notifies waiting watchers of a newer revision.
final class CommitSignal: Sendable {
    private struct State {
        var newest: Int64
        var isClosed = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ newest: Int64) { state = Mutex(State(newest: newest)) }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func advance(to revision: Int64) {
        wake { $0.newest = max($0.newest, revision) }
    }

    func close() {
        wake { $0.isClosed = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when there is a revision above `revision`, when the store closes, or when the task is cancelled.
    func wait(beyond revision: Int64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Checked under the lock: a cancellation after this finds the waiter in the table.
                    if state.isClosed || state.newest > revision || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

/// Changes of several whole commits, read in one go.
struct ChangeBatch: Sendable {
    private(set) var changes: [StoreChange] = []
    private var bytes = 0
    /// The revision that has been read up to, whether or not its changes have the prefix.
    var through: Int64

    init(through: Int64) { self.through = through }

    /// Whether a reader adds no further commit to the batch.
    var isLarge: Bool { changes.count >= 256 || bytes >= StoreLimits.bytesInCommit }

    mutating func append(_ change: StoreChange) {
        changes.append(change)
        if case .put(let value) = change { bytes += value.value.count }
    }
}

/// A watcher's position in the history. Changes are read on demand, so a slow watcher holds at most one batch.
actor ChangeCursor {
    private let signal: CommitSignal
    private let read: @Sendable (_ after: Int64) async throws(StoreError) -> ChangeBatch
    private var revision: Int64
    private var pending: ArraySlice<StoreChange> = []

    init(
        after revision: Int64, signal: CommitSignal,
        read: @escaping @Sendable (_ after: Int64) async throws(StoreError) -> ChangeBatch
    ) {
        self.revision = revision
        self.signal = signal
        self.read = read
    }

    /// The next change; waits for one if there is none. Nil when the task is cancelled.
    func next() async throws(StoreError) -> StoreChange? {
        while !Task.isCancelled {
            if let change = pending.popFirst() { return change }
            guard !signal.isClosed else { throw .unavailable("the store is closed") }
            let batch = try await read(revision)
            pending = batch.changes[...]
            revision = batch.through
            if pending.isEmpty { await signal.wait(beyond: revision) }
        }
        return nil
    }
}
