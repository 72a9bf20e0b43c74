import ArgumentParser
import RoostModel

/// `roost scale SERVICE:KEY=VALUE…`
struct Scale: Command {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Change the memory, CPUs or instances of services.",
        discussion:
            "roost scale data:memory=1G data:cpus=2 cache:instances=2"
            + "\n\nWith fewer instances, the replicas with the highest numbers leave. Their data is kept as snapshots for 7 days."
    )

    @Argument(
        help: ArgumentHelp("What to change.", valueName: "service:key=value"), completion: LiveNames.scaleChanges,
        transform: { try ScaleChange($0) })
    var changes: [ScaleChange]

    @Option(
        help: ArgumentHelp(
            "Time for connections to the replicas that leave to end before they are closed, at most 60s. The read endpoint "
                + "sends no new ones there meanwhile.", valueName: "time"))
    var drain = TimeSpan(.zero)

    @Flag(help: "Show what would change without changing it.")
    var dryRun = false

    @Flag(help: "Confirm reductions, such as fewer instances.")
    var yes = false

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard drain.duration <= .seconds(RequestBounds.longestDrain) else {
            throw ValidationError(
                "invalid time '\(drain.duration.rounded)': connections to replicas that leave have at most 60s to end")
        }
        guard drain.duration == .zero || changes.contains(where: \.isOfInstances) else {
            throw ValidationError("--drain is for replicas that leave: give SERVICE:instances=N as well")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let name = try session.application()
        // All changes are tried in a dry run first, so that a refused change leaves the others unapplied.
        let plans = try await scale(name, dryRun: true, yes: yes || session.caller.canBeAsked, in: session)
        if dryRun {
            try session.output.show(answer(plans))
            return .done
        }
        var answers = try await scaleConfirmed(name, in: session)
        let style = Style(.error, of: session.caller)
        for index in answers.indices {
            if !session.output.json {
                session.caller.write(.error, ChangeText.lines(answers[index], style))
            }
            guard !noWait, let operation = answers[index].operation else { continue }
            answers[index].operation = try await session.follow(operation)
        }
        try session.output.showIfJSON(answer(answers))
        return .done
    }

    private func scaleConfirmed(_ name: ApplicationName, in session: Session) async throws(Problem) -> [PushAnswer] {
        do {
            return try await scale(name, dryRun: false, yes: yes, in: session)
        } catch let error where error.code == .confirmationNeeded && !yes {
            try session.confirm(error.message, name: name.rawValue, yes: false)
            // Changes made before the confirmation are requested again, which is idempotent.
            return try await scale(name, dryRun: false, yes: true, in: session)
        }
    }

    private func scale(
        _ name: ApplicationName, dryRun: Bool, yes: Bool, in session: Session
    ) async throws(Problem) -> [PushAnswer] {
        var answers: [PushAnswer] = []
        let requests = try ScaleChange.requests(changes, drain: drain.duration, dryRun: dryRun, yes: yes)
        for (service, request) in requests {
            answers.append(try await session.client.scale(ServiceID(name, service), request))
        }
        return answers
    }

    /// A single service is a document of its own, as in the API; several are a list.
    private func answer(_ answers: [PushAnswer]) -> Answer {
        if let only = answers.first, answers.count == 1 { return .changes(only) }
        return .changesOfMany(answers)
    }
}
