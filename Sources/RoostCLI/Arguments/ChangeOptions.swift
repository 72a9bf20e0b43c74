import ArgumentParser
import RoostModel

/// The flags of commands that change a service and can be tried first. Tells how such a command ends.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    @Flag(help: "Show what would happen without changing anything.")
    var dryRun = false

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    /// Shows a dry run that was not refused. `effect`: what would happen, a sentence.
    func showDryRun(_ operation: OperationInfo, _ effect: String, in session: Session) throws(Problem) -> Ending {
        session.output.note(effect)
        try session.output.showIfJSON(.operation(operation))
        return .done
    }

    /// Waits for the operation's end, unless the caller does not want to. `success`: a sentence.
    func finish(
        _ begun: OperationInfo, _ success: String, in session: Session
    ) async throws(Problem) -> Ending {
        let operation = noWait ? begun : try await session.follow(begun)
        session.output.note(noWait ? "Continues as operation \(operation.id)" : success)
        try session.output.showIfJSON(.operation(operation))
        return .done
    }
}
