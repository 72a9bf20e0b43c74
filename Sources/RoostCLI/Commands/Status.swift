import ArgumentParser
import RoostModel

/// `roost status [SERVICE]`
struct Status: Command {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the state of services.",
        discussion: "Exits with status 6 if a service is degraded or down.")

    @Argument(
        help: "The service (default: all services of the application).", completion: LiveNames.services,
        transform: { try ServiceName($0) })
    var service: ServiceName?

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let subject: Answer.Subject
        if let service {
            subject = .service(try await session.client.service(try session.service(service)))
        } else {
            subject = .application(try await session.client.application(try session.application()))
        }
        try session.output.show(.status(subject))
        let isWell = subject.services.allSatisfy { service in
            switch service.state {
            case .running, .creating, .stopped: true
            case .degraded, .down: false
            }
        }
        return isWell ? .done : .status(ProblemCode.degraded.exitStatus)
    }
}
