import ArgumentParser
import RoostModel

/// `roost replication SERVICE`
struct Replication: Command {
    static let configuration = CommandConfiguration(
        commandName: "replication", abstract: "Show a service's primary, its replicas, and how far they are behind.",
        discussion: "Exits with 6 if the primary is down, or a replica is down, catching up or broken.")

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let info = ReplicationInfo(try await session.client.service(try session.service(service)))
        try session.output.show(.replication(info))
        return info.isHealthy ? .done : .status(ProblemCode.degraded.exitStatus)
    }
}
