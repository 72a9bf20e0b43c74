import ArgumentParser
import RoostModel

/// `roost url SERVICE`
struct Address: Command {
    static let configuration = CommandConfiguration(
        commandName: "url", abstract: "Print a service's address with its password, and nothing else.",
        discussion: "export DATABASE_URL=$(roost url data)")

    @Argument(
        help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Option(help: "One of a custom service's ports; else its first.")
    var port: String?

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        var info = try await session.client.service(try session.service(service), showPassword: true)
        if let port {
            guard let named = info.ports.first(where: { $0.name == port }) else {
                let known = info.ports.map(\.name).joined(separator: ", ")
                throw Problem(
                    .notFound,
                    "'\(service)' has no port '\(port)'"
                        + (known.isEmpty ? "; it names none" : "; it has \(known)"))
            }
            info.url = named.url
        }
        guard info.type != "custom" || info.url != nil else {
            throw Problem(
                .notFound, "'\(service)' has no ports", next: ["name them in the build file: ports: {www: http}"])
        }
        guard info.url != nil else {
            throw Problem(.forbidden, "the daemon does not show you the address of '\(service)'")
        }
        try session.output.show(.url(info))
        return .done
    }
}
