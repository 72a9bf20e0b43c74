import ArgumentParser
import RoostModel

/// `roost password`
struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password", abstract: "Change a service's password.", subcommands: [Rotate.self])

    /// `roost password rotate SERVICE`
    struct Rotate: Command {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Set a new password for a service.",
            discussion:
                "With --grace, the old password keeps working for that long, so that applications can switch over. "
                + "With --replication, the accounts with which the members of a service follow each other get new passwords "
                + "instead; clients are not affected, and replication goes on.")

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Option(help: "How long the old password keeps working, such as 1h.")
        var grace: TimeSpan?

        @Flag(help: "Rotate the passwords of the members' replication accounts instead.")
        var replication = false

        @Flag(help: "Do not wait for the operation to finish.")
        var noWait = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            let request = RotateRequest(
                graceSeconds: grace.map { $0.duration / .seconds(1) }, replication: replication ? true : nil)
            var operation = try await session.client.rotatePassword(id, request)
            if !noWait { operation = try await session.follow(operation) }
            for note in notes(on: operation, of: id) { session.output.note(note) }
            try session.output.showIfJSON(.operation(operation))
            return .done
        }

        private func notes(on operation: OperationInfo, of id: ServiceID) -> [String] {
            if noWait { return ["Continues as operation \(operation.id)"] }
            if replication { return ["The replication accounts of '\(id)' have new passwords; the old ones are void"] }
            return ["Service '\(id)' has a new password; `roost url \(service)` prints it"]
                + (grace.map { ["The old password keeps working for \($0.duration.rounded)"] } ?? [])
        }
    }
}
