import ArgumentParser
import RoostModel

/// `roost promote SERVICE[.N]`
struct Promote: Command {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Promote a replica of a service to primary.",
        discussion:
            "Without .N, promotes the replica with the highest priority, then the lowest number, that can take over. "
            + "Connections to the old primary are closed, and new ones wait until the new primary accepts writes. If the replica does not have all writes "
            + "within 5 s, the old primary stays. The command never asks for confirmation, because nothing is lost. "
            + "--dry-run exits with 6 if the replica could not take over now.")

    @Argument(
        help: ArgumentHelp("The service, or the instance to promote.", valueName: "service[.n]"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Option(
        help: ArgumentHelp(
            "Time for open transactions to end before connections are closed, at most 60s. New connections wait "
                + "meanwhile, and are refused after 10 s.", valueName: "time"))
    var drain = TimeSpan(.zero)

    @OptionGroup var change: ChangeOptions

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard drain.duration <= .seconds(RequestBounds.longestDrain) else {
            throw ValidationError(
                "invalid time '\(drain.duration.rounded)': open transactions have at most 60s to end")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        guard case .service(let id) = try await session.place(target) else {
            throw Problem(.usage, "a clone has only one instance", next: ["roost info"])
        }
        let operation = try await session.client.promote(
            id, instance: target.instance, drain: drain.duration, dryRun: change.dryRun)
        if change.dryRun {
            try session.output.show(.promotion(operation))
            return operation.state == .done ? .done : .status(ProblemCode.degraded.exitStatus)
        }
        return try await change.finish(
            operation, "Service '\(id.service)' has a new primary; see 'roost info \(id.service)'", in: session)
    }
}
