import ArgumentParser
import RoostModel

/// `roost ls`
struct List: Command {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List applications.", aliases: ["list"])

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        try session.output.show(.applications(try await session.client.applications()))
        return .done
    }
}
