import ArgumentParser
import Foundation
import RoostModel

/// `roost url SERVICE`
struct Address: Command {
    static let configuration = CommandConfiguration(
        commandName: "url", abstract: "Print the URL of a service or clone, including the password.",
        discussion: """
            export DATABASE_URL=$(roost url data)
            roost url data --for jdbc               in the format of a specific client
            roost ca > roost-ca.pem                 for a service with `expose: network`:
            roost url data --for rails --ca roost-ca.pem
            """)

    @Argument(
        help: ArgumentHelp("The service or clone.", valueName: "service|clone"), completion: LiveNames.places,
        transform: { try Target($0) })
    var target: Target

    @Option(help: "Port of a custom service (default: the first one).")
    var port: String?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Client to format the URL for: \(ClientAddress.Client.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "client"))
    var client: ClientAddress.Client?

    @Option(
        help: ArgumentHelp(
            "Path to the certificate from `roost ca` on the client's machine; the client then verifies the server.",
            valueName: "file"), completion: .file())
    var ca: String?

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let service = target.text
        let id: ServiceID
        switch try await session.place(target) {
        case .service(let found): id = found
        case .clone(let name): return try await show(name, session)
        }
        var info = try await session.client.service(id, showPassword: true)
        if let port {
            guard let named = info.ports.first(where: { $0.name == port }) else {
                let known = info.ports.map(\.name).joined(separator: ", ")
                throw Problem(
                    .notFound,
                    "'\(service)' has no port '\(port)'"
                        + (known.isEmpty ? "; it has none" : "; it has \(known)"))
            }
            info.url = named.url
        }
        guard info.type != "custom" || info.url != nil else {
            throw Problem(
                .notFound, "'\(service)' has no ports", next: ["declare them in the build file: ports: {www: http}"])
        }
        guard info.url != nil else {
            throw Problem(.forbidden, "you are not allowed to see the URL of '\(service)'")
        }
        if client != nil || ca != nil { info.url = try address(info, session) }
        try session.output.show(.url(info))
        return .done
    }

    private func address(_ info: ServiceInfo, _ session: Session) throws(Problem) -> String {
        guard port == nil else {
            throw Problem(.usage, "--port is for custom services; it cannot be combined with --for or --ca")
        }
        let path = ca.map {
            URL(filePath: $0, relativeTo: URL(filePath: session.caller.directory)).path(percentEncoded: false)
        }
        let address: ClientAddress
        if let client {
            address = try ClientAddress(of: info, for: client, authority: path)
        } else {
            address = try .plain(info, authority: path ?? "")
        }
        if let note = address.note { session.output.note(note) }
        return address.text
    }

    private func show(_ name: CloneName, _ session: Session) async throws(Problem) -> Ending {
        guard port == nil else {
            throw Problem(
                .usage, "--port is not available: clone '\(name)' has only one port", next: ["roost url clone:\(name)"])
        }
        let clone = try await session.client.clone(name.rawValue, showPassword: true)
        guard clone.url != nil else {
            throw Problem(.forbidden, "you are not allowed to see the URL of clone '\(name)'")
        }
        try session.output.show(.cloneMade(CloneAnswer(clone: clone, operation: nil)))
        return .done
    }
}

extension ClientAddress.Client: ExpressibleByArgument {}
