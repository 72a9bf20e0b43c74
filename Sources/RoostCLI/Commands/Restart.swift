import ArgumentParser
import RoostModel

/// `roost restart SERVICE[.N]`
struct Restart: Command {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restart the servers of a service or clone, one at a time.",
        discussion: "New connections wait during the restart; open connections are closed.")

    @Argument(
        help: ArgumentHelp("The service, one of its instances or a clone.", valueName: "service[.n]|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let place = try await session.place(target)
        var operation: OperationInfo =
            switch place {
            case .service(let id): try await session.client.restart(id, instance: target.instance)
            case .clone(let name): try await session.client.restart(clone: name.rawValue)
            }
        if !noWait { operation = try await session.follow(operation) }
        session.output.note(
            noWait
                ? "Continues as operation \(operation.id)"
                : "Restarted \(place)\(target.instance.map { ".\($0)" } ?? "")")
        try session.output.showIfJSON(.operation(operation))
        return .done
    }
}
