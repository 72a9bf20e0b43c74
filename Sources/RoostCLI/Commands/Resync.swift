import ArgumentParser
import RoostModel

/// `roost resync SERVICE.N`
struct Resync: Command {
    static let configuration = CommandConfiguration(
        commandName: "resync", abstract: "Replace a replica's data by a fresh copy of the primary's.",
        discussion:
            "The primary keeps serving. The replica's present data is kept as a snapshot with the reason 'diverged' for "
            + "7 days.")

    @Argument(
        help: ArgumentHelp("The replica.", valueName: "service.n"), completion: LiveNames.targets,
        transform: { try Target($0) })
    var target: Target

    @OptionGroup var change: ChangeOptions

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard let service = target.service, let index = target.instance else {
            throw Problem(
                .usage, "'\(target.text)' names no replica: use SERVICE.N, such as data.1",
                next: ["roost info"])
        }
        let id = try session.service(service)
        // Always a dry run first: a request that is refused is reported before a name has to be typed.
        let trial = try await session.client.resync(id, instance: index, dryRun: true)
        let name = InstanceID(id, index).name
        let effect =
            "this replaces the data of '\(name)' by a copy of the primary's, and keeps the present data as a snapshot "
            + "for 7 days"
        if change.dryRun { return try change.showDryRun(trial, effect, in: session) }
        try session.confirm(effect, name: name, yes: change.yes)
        return try await change.finish(
            try await session.client.resync(id, instance: index, dryRun: false),
            "'\(name)' has the primary's data and follows it", in: session)
    }
}
