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

    @OptionGroup var change: ChangeOptions

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard case .service(let id) = try await session.place(target) else {
            throw Problem(.usage, "a clone has only one instance", next: ["roost info"])
        }
        // Always a dry run first: a request that is refused is reported before a name has to be typed.
        let trial = try await ask(session, id, dryRun: true)
        if change.dryRun { return try change.showDryRun(trial, effect(id), in: session) }
        if acceptDataLoss { try session.confirm(effect(id), name: "\(id.service)", yes: change.yes) }
        return try await change.finish(
            try await ask(session, id, dryRun: false),
            "Service '\(id.service)' has a new primary; see 'roost info \(id.service)'", in: session)
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
