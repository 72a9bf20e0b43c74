import ArgumentParser
import RoostModel

/// `roost restart SERVICE[.N]`
struct Restart: Command {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restart a service's servers, one after the other.",
        discussion: "Connections that arrive meanwhile wait; those that are open are closed.")

    @Argument(
        help: ArgumentHelp("The service, or one of its instances.", valueName: "service[.n]"),
        completion: LiveNames.targets, transform: { try Target($0) })
    var target: Target

    @Flag(help: "Do not wait for the end.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let service = try session.service(target.service)
        var operation = try await session.client.restart(service, instance: target.instance)
        if !noWait { operation = try await session.follow(operation) }
        session.output.note(noWait ? "goes on as operation \(operation.id)" : "\(service) is restarted")
        try session.output.showIfJSON(.operation(operation))
        return .done
    }
}
