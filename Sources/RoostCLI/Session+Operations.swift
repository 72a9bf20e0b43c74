import RoostModel

extension Session {
    /// Shows the operation's steps until it has ended, and throws if it failed. The operation depends neither on this
    /// process nor on one run of the daemon: while the daemon is away, this call waits for it to come back.
    package func follow(_ operation: OperationInfo) async throws(Problem) -> OperationInfo {
        if operation.state == .running { InterruptNotice.set(operation) }
        defer { InterruptNotice.clear() }
        return try await follow(operation, StepLine(output))
    }

    /// Like `follow`, for work before a command of the caller's: shows only the running step, on a terminal, and
    /// erases it.
    func quietly(_ operation: OperationInfo) async throws(Problem) -> OperationInfo {
        try await follow(operation, StepLine(output, amount: .runningOnly))
    }

    private func follow(_ operation: OperationInfo, _ line: StepLine) async throws(Problem) -> OperationInfo {
        var operation = operation
        var line = line
        line.show(operation)
        while operation.state == .running {
            do throws(Problem) {
                operation = try await patiently { () throws(Problem) in
                    try await client.operation(operation.id, wait: line.patience, seen: operation.steps.count)
                }
            } catch {
                line.end()
                throw error
            }
            line.show(operation)
        }
        line.end()
        guard operation.state == .failed else { return operation }
        let subject = [operation.application, operation.service].compactMap { $0 }.joined(separator: "/")
        let reason = operation.error ?? "no reason given"
        let message = subject.isEmpty ? reason : "\(operation.kind) of \(subject) failed: \(reason)"
        throw Problem(.failed, message, next: Hint.reasons(of: operation))
    }

    /// Repeats a reading call while the daemon cannot be reached, for at most 30 s: the daemon may be restarting.
    func patiently<Value>(
        for limit: Duration = .seconds(30), _ call: () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        let clock = ContinuousClock()
        let end = clock.now + min(limit, .seconds(30))
        var hasSaid = false
        while true {
            do {
                return try await call()
            } catch let error where error.code == .daemonUnreachable && clock.now < end {
                if !hasSaid { output.note("Waiting for roostd, which is not reachable") }
                hasSaid = true
                await pause(.milliseconds(200))
            }
        }
    }

    /// Cancellation only shortens the pause; it happens only at the end of the process.
    func pause(_ duration: Duration) async {
        try? await Task.sleep(for: duration)
    }

    /// Asks for confirmation of an irreversible action: on a terminal by typing the name, elsewhere by `--yes`.
    package func confirm(_ warning: String, name: String, yes: Bool) throws(Problem) {
        if yes { return }
        guard caller.canBeAsked else {
            throw Problem(
                .confirmationNeeded, "\(warning); confirmation is required, and there is no terminal to ask on",
                next: ["add --yes to confirm", "or use --dry-run to see what would happen"])
        }
        caller.write(.error, "\(warning.printable).\nType '\(name)' to confirm: ")
        guard caller.readLine() == name else {
            throw Problem(.confirmationNeeded, "the answer was not '\(name)'; nothing was changed")
        }
    }
}
