import ArgumentParser
import RoostModel

/// `roost failover SERVICE[.N]`
struct Failover: Command {
    static let configuration = CommandConfiguration(
        commandName: "failover", abstract: "Replace a service's primary at once, whatever it is doing.",
        discussion:
            "The primary's server is killed if it is alive, even if it hangs. The replica with the most data takes over, or "
            + "instance .N. If it is not sure that no acknowledged write is lost, the command is refused, or the primary is "
            + "started again and the command says why, unless --accept-data-loss is given. The data of the old primary is "
            + "kept as a snapshot with the reason 'diverged' for 7 days. For a planned change use 'roost promote SERVICE'."
    )

    @Argument(
        help: ArgumentHelp("The service, or the instance to promote.", valueName: "service[.n]"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Flag(help: "Go on although acknowledged writes may be lost.")
    var acceptDataLoss = false

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    @Flag(help: "Show what would happen without changing anything.")
    var dryRun = false

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard case .service(let id) = try await session.place(target) else {
            throw Problem(.usage, "a clone has only one instance", next: ["roost info"])
        }
        // Always a dry run first: a request that is refused is reported before a name has to be typed.
        var operation = try await ask(session, id, dryRun: true)
        if dryRun {
            session.output.note(effect(id))
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
        if acceptDataLoss { try session.confirm(effect(id), name: "\(id.service)", yes: yes) }
        operation = try await ask(session, id, dryRun: false)
        if !noWait { operation = try await session.follow(operation) }
        session.output.note(
            noWait
                ? "Continues as operation \(operation.id)"
                : "Service '\(id.service)' has a new primary; see 'roost info \(id.service)'")
        try session.output.showIfJSON(.operation(operation))
        return .done
    }

    private func ask(_ session: Session, _ id: ServiceID, dryRun: Bool) async throws(Problem) -> OperationInfo {
        try await session.client.failOver(
            id, instance: target.instance, acceptsLoss: acceptDataLoss, dryRun: dryRun)
    }

    private func effect(_ id: ServiceID) -> String {
        let successor = target.instance.map { InstanceID(id, $0).name } ?? "the replica with the most data"
        let loss =
            acceptDataLoss
            ? "acknowledged writes that it has not received are lost to clients, and stay in a snapshot if the old "
                + "primary's data is there"
            : "the primary is started again if an acknowledged write might be lost"
        return "this kills the primary of '\(id.service)' and promotes \(successor); \(loss)"
    }
}
