import ArgumentParser
import RoostModel

/// `roost destroy [SERVICE]`
struct Destroy: Command {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Destroy a service or the whole application.",
        discussion:
            "Keeps a final snapshot of each service for 7 days; `roost snapshot restore SERVICE` restores it.")

    @Argument(
        help: "The service (default: the application and all its services).", completion: LiveNames.services,
        transform: { try ServiceName($0) })
    var service: ServiceName?

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    @Flag(help: "Show what would be removed without removing it.")
    var dryRun = false

    @Flag(help: "Do not keep a final snapshot.")
    var noKeep = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let application = try session.application()
        let name = service?.rawValue ?? application.rawValue
        // Always a dry run first: a missing service or application is reported before a name has to be typed.
        let plan = try await destroy(application, confirm: name, dryRun: true, in: session)
        if dryRun {
            try session.output.show(.destruction(plan, keep: !noKeep))
            return .done
        }
        let services = plan.services.isEmpty ? "no services" : plan.services.joined(separator: ", ")
        let fate = noKeep ? "without keeping a final snapshot" : "keeping a final snapshot for 7 days"
        let subject =
            service.map { "service '\($0)' of '\(application)'" } ?? "application '\(application)' (\(services))"
        try session.confirm("this removes the \(subject), \(fate)", name: name, yes: yes)

        var answer = try await destroy(application, confirm: name, dryRun: false, in: session)
        if let operation = answer.operation { answer.operation = try await session.follow(operation) }
        for service in answer.services {
            session.output.note("Service '\(application)/\(service)' was removed")
            if let snapshot = answer.snapshots[service] {
                session.output.note(
                    "  roost snapshot restore \(service) \(snapshot) -A \(application)    restores it")
            }
        }
        if service == nil { session.output.note("Application '\(application)' was removed") }
        try session.output.showIfJSON(.destruction(answer, keep: !noKeep))
        return .done
    }

    private func destroy(
        _ application: ApplicationName, confirm: String, dryRun: Bool, in session: Session
    ) async throws(Problem) -> DestroyAnswer {
        let options = DestroyOptions(confirm: confirm, keep: !noKeep, dryRun: dryRun)
        guard let service else {
            return try await session.client.destroyApplication(application, options)
        }
        return try await session.client.destroyService(ServiceID(application, service), options)
    }
}
