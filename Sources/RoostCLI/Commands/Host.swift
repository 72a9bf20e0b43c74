import ArgumentParser
import RoostModel

/// `roost host`
struct Host: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host", abstract: "Show the machines that run databases.", subcommands: [Ls.self])

    /// `roost host ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List machines.", aliases: ["list"])

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.machines(try await session.client.machines()))
            return .done
        }
    }
}
