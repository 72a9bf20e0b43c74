import ArgumentParser
import RoostModel

/// `roost info [SERVICE]`
struct Info: Command {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show a service's configuration, instances and addresses.")

    @Argument(
        help: "The service (default: all services of the application).", completion: LiveNames.services,
        transform: { try ServiceName($0) })
    var service: ServiceName?

    @Flag(help: "Show passwords, also in URLs.")
    var showPassword = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        if let service {
            let info = try await session.client.service(try session.service(service), showPassword: showPassword)
            try session.output.show(.info(.service(info)))
            return .done
        }
        let name = try session.application()
        var application = try await session.client.application(name)
        if showPassword {
            var services: [ServiceInfo] = []
            for service in application.services {
                guard let service = ServiceName(rawValue: service.service) else { continue }
                services.append(try await session.client.service(ServiceID(name, service), showPassword: true))
            }
            application = ApplicationInfo(
                name: application.name, createdAt: application.createdAt, services: services, state: application.state)
        }
        if application.services.isEmpty {
            session.output.note("Application '\(name)' has no services yet; run `roost push` to create them")
        }
        try session.output.show(.info(.application(application)))
        return .done
    }
}
