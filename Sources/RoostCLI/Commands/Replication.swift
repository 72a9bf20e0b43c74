import ArgumentParser
import RoostModel

/// `roost replication`
struct Replication: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replication", abstract: "Show a service's primary and its replicas, or compare their data.",
        subcommands: [Show.self, Verify.self], defaultSubcommand: Show.self)

    /// `roost replication SERVICE`, for a service called `verify` `roost replication show SERVICE`
    struct Show: Command {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a service's primary, its replicas, and how far they are behind.",
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

    /// `roost replication verify SERVICE`
    struct Verify: Command {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Compare the tables of every replica with the primary's.",
            discussion:
                "Works on the running servers, with one query at a time and a pause after each. Nothing is locked, changed or "
                + "repaired; 'roost resync SERVICE.N' gives a replica the primary's data again. Exits with 6 unless every "
                + "table was compared on every replica and is equal."
        )

        @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Flag(help: "Do not wait for the operation to finish.")
        var noWait = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let begun = try await session.client.verifyReplication(try session.service(service))
            if noWait {
                session.output.note("Continues as operation \(begun.id)")
                try session.output.showIfJSON(.operation(begun))
                return .done
            }
            let operation = try await session.follow(begun)
            try session.output.show(.comparison(operation))
            return operation.comparison?.isEqual ?? false ? .done : .status(ProblemCode.degraded.exitStatus)
        }
    }
}
