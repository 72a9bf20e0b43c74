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
                "With --grace, the old password keeps working for that long, so that applications can switch over."
        )

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Option(help: "How long the old password keeps working, such as 1h.")
        var grace: TimeSpan?

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            let operation = try await session.follow(
                try await session.client.rotatePassword(id, grace: grace?.duration))
            session.output.note("Service '\(id)' has a new password; `roost url \(service)` prints it")
            if let grace {
                session.output.note("The old password keeps working for \(grace.duration.rounded)")
            }
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}
