import ArgumentParser
import RoostModel

/// `roost promote SERVICE[.N]`
struct Promote: Command {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Make another instance of a service the primary.",
        discussion:
            "Connections to the primary are closed; new ones wait until the other takes writes. If it cannot be had "
            + "within 5 s without a loss, the primary stays.")

    @Argument(
        help: ArgumentHelp("The service, or the instance that is to take writes.", valueName: "service[.n]"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Flag(help: "Do not wait for the end.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard case .service(let id) = try await session.place(target) else {
            throw Problem(.usage, "a clone has one instance", next: ["roost info"])
        }
        var operation = try await session.client.promote(id, instance: target.instance)
        if !noWait { operation = try await session.follow(operation) }
        session.output.note(
            noWait
                ? "goes on as operation \(operation.id)"
                : "\(id.service) has another primary; see 'roost info \(id.service)'")
        try session.output.showIfJSON(.operation(operation))
        return .done
    }
}
