import ArgumentParser
import RoostModel

/// `roost failovers SERVICE [ID]`
struct Failovers: Command {
    static let configuration = CommandConfiguration(
        commandName: "failovers", abstract: "Show a service's failovers and planned switchovers.",
        discussion: """
            Lists the newest first. With an ID of the list, shows one of them: its steps in milliseconds, the replicas \
            that might have taken over, and the reason.
            """)

    /// Records that are listed unless `--limit` is given.
    private static let usual = 20

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Argument(help: "The failover to show in detail, by its ID in the list.")
    var id: UInt64?

    @Option(help: "Number of recent failovers to list, 1 to \(FailoverHistory.kept); \(usual) if it is left out.")
    var limit: Int?

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        if id != nil, limit != nil {
            throw ValidationError("--limit is for the list; leave it out to show one failover")
        }
        guard (1...FailoverHistory.kept).contains(limit ?? Self.usual) else {
            throw ValidationError("--limit takes 1 to \(FailoverHistory.kept)")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let name = try session.service(service)
        guard let id else {
            let items = try await session.client.failovers(of: name, limit: limit ?? Self.usual)
            try session.output.show(.failovers(items))
            return .done
        }
        let items = try await session.client.failovers(of: name, limit: FailoverHistory.kept)
        guard let found = items.first(where: { $0.id == id }) else {
            throw Problem(
                .notFound, "'\(name)' has no record of a failover \(id); the newest \(FailoverHistory.kept) are kept",
                next: ["roost failovers \(service)"])
        }
        try session.output.show(.failover(found))
        return .done
    }
}
