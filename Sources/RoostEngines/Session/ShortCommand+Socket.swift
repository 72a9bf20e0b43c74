extension ShortCommand {
    /// Runs a server to its end, and `work` as soon as the server listens on `socket`. `work` has to end the server. No
    /// work was done if the server ended by itself before; its outcome says so.
    func run(
        socket: String, _ work: @escaping @Sendable () async throws -> Void
    ) async throws(EngineError) -> Outcome {
        do {
            return try await withThrowingTaskGroup(of: Outcome?.self) { group in
                group.addTask { try await self.run() }
                group.addTask {
                    while SocketState(path: socket) != .listening { try await Task.sleep(for: .milliseconds(2)) }
                    try await work()
                    return nil
                }
                // If one task fails the other is cancelled, and the server with it.
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if let result { return result }
                }
                throw CancellationError()
            }
        } catch let error as EngineError {
            throw error
        } catch {
            throw .notReachable("the call was cancelled")
        }
    }
}
