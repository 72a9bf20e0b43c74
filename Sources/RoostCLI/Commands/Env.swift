import ArgumentParser
import RoostModel

/// `roost env [SERVICE]`
struct Env: Command {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the variables that applications connect by, passwords included.",
        discussion: "eval \"$(roost env --format shell)\"")

    @Argument(
        help: ArgumentHelp("The service or the clone; without it, all of the application.", valueName: "service|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target?

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
        guard target == nil || style == .roost else {
            throw ValidationError("the names of --style \(style.rawValue) carry no service: leave SERVICE out")
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
