import ArgumentParser
import RoostModel

/// `roost promote SERVICE[.N]`
struct Promote: Command {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Promote a replica of a service to primary.",
        discussion:
            "Without .N, promotes the connected replica with the highest priority, then the lowest number. Connections to "
            + "the old primary are closed, and new ones wait until the new primary accepts writes. If the replica does not have all writes "
            + "within 5 s, the old primary stays.")

    @Argument(
        help: ArgumentHelp("The service, or the instance to promote.", valueName: "service[.n]"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard case .service(let id) = try await session.place(target) else {
            throw Problem(.usage, "a clone has only one instance", next: ["roost info"])
        }
        var operation = try await session.client.promote(id, instance: target.instance)
        if !noWait { operation = try await session.follow(operation) }
        session.output.note(
            noWait
                ? "Continues as operation \(operation.id)"
                : "Service '\(id.service)' has a new primary; see 'roost info \(id.service)'")
        try session.output.showIfJSON(.operation(operation))
        return .done
    }
}
