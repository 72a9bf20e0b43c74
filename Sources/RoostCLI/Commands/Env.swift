import ArgumentParser
import RoostModel

/// `roost env [SERVICE]`
struct Env: Command {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the variables that applications connect by, passwords included.",
        discussion: "eval \"$(roost env --format shell)\"")

    @Argument(
        help: "The service; without it, all of the application.", completion: LiveNames.services,
        transform: { try ServiceName($0) })
    var service: ServiceName?

    @Option(help: "How to write them.")
    var format = EnvironmentFormat.json

    @Option(help: "Put before every name, such as DOTCLOUD_.")
    var prefix = ""

    @Option(help: "How to name them.")
    var style = EnvironmentView.Style.roost

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard prefix.wholeMatch(of: #/([A-Za-z_][A-Za-z0-9_]*)?/#) != nil else {
            throw ValidationError("a prefix is made of letters, digits and _, as in DOTCLOUD_")
        }
        guard service == nil || style == .roost else {
            throw ValidationError("the names of --style \(style.rawValue) carry no service: leave SERVICE out")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let name = try session.application()
        var environment = try await session.client.environment(name, EnvironmentView(prefix: prefix, style: style))
        if let service {
            let application = try await session.client.application(name)
            guard application.services.contains(where: { $0.service == service.rawValue }) else {
                throw Problem(
                    .serviceNotFound, "there is no service '\(service)' in '\(name)'", next: ["roost info -A \(name)"])
            }
            environment = environment.only(service.rawValue, of: application.services.map(\.service), prefix: prefix)
        }
        try session.output.show(.environment(environment, text: format.render(environment.variables)))
        return .done
    }
}

extension EnvironmentFormat: ExpressibleByArgument {}
extension EnvironmentView.Style: ExpressibleByArgument {}

extension EnvironmentInfo {
    /// The variables of one service. Those of `data_x` begin as those of `data` do, so the longest name takes them.
    package func only(_ service: String, of services: [String], prefix: String) -> EnvironmentInfo {
        EnvironmentInfo(
            variables: variables.filter { variable in
                let owner = services.filter { variable.key.hasPrefix("\(prefix)\($0.uppercased())_") }
                    .max { $0.count < $1.count }
                return owner == service
            })
    }
}
