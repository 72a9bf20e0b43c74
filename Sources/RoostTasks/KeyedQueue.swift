/// Runs work on the same subject one at a time, in the order of asking.
package actor KeyedQueue {
    private var last: [String: Task<Void, Never>] = [:]

    package init() {}

    /// Waits for its turn, works, and passes the turn on. A caller that is cancelled cancels only its own work.
    package func take<Value: Sendable>(
        _ subject: String, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let before = last[subject]
        // The task is cancelled by its caller, below.
        let task = Task {
            await before?.value
            try Task.checkCancellation()
            return try await work()
        }
        let end = Task { _ = await task.result }  // Ends with the task.
        last[subject] = end
        defer { if last[subject] == end { last[subject] = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
