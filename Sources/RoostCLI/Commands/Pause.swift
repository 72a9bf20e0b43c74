import ArgumentParser
import RoostModel

/// `roost pause SERVICE`
struct Pause: Command {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop all automatic steps on a service for a time.",
        discussion:
            "While a service is paused, Roost starts, stops, repairs, resynchronises and fails over nothing, and refuses "
            + "changes of the service. Clients reach the servers that run. The pause ends by itself, or with "
            + "'roost resume SERVICE'.")

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Option(name: .customLong("for"), help: "Length of the pause, such as 30m or 2h, at most 7d.")
    var length = TimeSpan(.seconds(ServiceSpec.Pause.presetSeconds))

    @Option(help: "The reason, for others who look at the service.")
    var reason: String?

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard (RequestBounds.shortestPause...RequestBounds.longestPause).contains(length.duration / .seconds(1)) else {
            throw ValidationError("invalid time '\(length.duration.rounded)': a pause lasts from 1s to 7d")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let id = try session.service(service)
        let info = try await session.client.pause(
            id, PauseRequest(seconds: length.duration / .seconds(1), reason: reason))
        let end = info.paused.map { " until \(Timestamp.format($0.until))" } ?? ""
        session.output.note("Service '\(id)' is paused\(end); `roost resume \(service)` ends the pause")
        try session.output.showIfJSON(.info(.service(info)))
        return .done
    }
}
