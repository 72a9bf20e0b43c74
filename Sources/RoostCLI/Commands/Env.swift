import ArgumentParser
import RoostModel

/// `roost env [SERVICE]`
struct Env: Command {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print the environment variables for connecting to services, including passwords.",
        discussion: "eval \"$(roost env --format shell)\"")

    @Argument(
        help: ArgumentHelp(
            "The service or clone (default: all services of the application).", valueName: "service|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target?

    @Option(help: "Output format.")
    var format = EnvironmentFormat.json

    @Option(help: "Prefix for every name, such as DOTCLOUD_.")
    var prefix = ""

    @Option(help: "Naming style of the variables.")
    var style = EnvironmentView.Style.roost

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard prefix.wholeMatch(of: #/([A-Za-z_][A-Za-z0-9_]*)?/#) != nil else {
            throw ValidationError("a prefix can only contain letters, digits and _, such as DOTCLOUD_")
        }
        guard target == nil || style == .roost else {
            throw ValidationError("names in --style \(style.rawValue) do not include the service: leave out SERVICE")
        }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let environment = try await environment(session)
        try session.output.show(.environment(environment, text: format.render(environment.variables)))
        return .done
    }
}

extension Env {
    private func environment(_ session: Session) async throws(Problem) -> EnvironmentInfo {
        let view = EnvironmentView(prefix: prefix, style: style)
        guard let target else { return try await session.client.environment(try session.application(), view) }
        switch try await session.place(target) {
        case .service(let id):
            let all = try await session.client.environment(id.application, view)
            let application = try await session.client.application(id.application)
            return all.only("\(id.service)", of: application.services.map(\.service), prefix: prefix)
        case .clone(let name):
            let own = try await session.client.environment(ofClone: name.rawValue).variables
            return EnvironmentInfo(
                variables: Dictionary(own.map { (prefix + $0.key, $0.value) }, uniquingKeysWith: { $1 }))
        }
    }
}

extension EnvironmentFormat: ExpressibleByArgument {}
extension EnvironmentView.Style: ExpressibleByArgument {}

extension EnvironmentInfo {
    /// The variables of one service. Names of `data_x` also begin like those of `data`, so the longest matching
    /// service owns a variable.
    package func only(_ service: String, of services: [String], prefix: String) -> EnvironmentInfo {
        EnvironmentInfo(
            variables: variables.filter { variable in
                let owner = services.filter { variable.key.hasPrefix("\(prefix)\($0.uppercased())_") }
                    .max { $0.count < $1.count }
                return owner == service
            })
    }
}
