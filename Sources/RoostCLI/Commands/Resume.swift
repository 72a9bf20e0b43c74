import ArgumentParser
import RoostModel

/// `roost resume SERVICE`
struct Resume: Command {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End the pause of a service.",
        discussion: "What the pause withheld is done next; 'roost wait SERVICE' waits for it.")

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let id = try session.service(service)
        let info = try await session.client.resume(id)
        session.output.note("Service '\(id)' is not paused")
        try session.output.showIfJSON(.info(.service(info)))
        return .done
    }
}
