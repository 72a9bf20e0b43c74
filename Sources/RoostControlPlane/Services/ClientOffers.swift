import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

/// Clients of services and clones, with the variables that lead them there.
struct ClientOffers: Sendable {
    let agent: any Agent
    let files: EnvironmentFiles
    let key: HomeKey

    /// The client for `run` and `with`, of services and of clones: the service's variables, `DATABASE_URL` among
    /// them, and the client's own, all of the same address.
    func offer(_ order: SealedOrder, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        let service = order.service
        var connection = try files.connection(service)
        if service.custom != nil { return try customClient(connection, request) }
        if request.instance != nil, let port = order.instance?.port { connection = connection.at(port) }
        let sealed = try await agent.call(
            OfferClient(request, host: connection.host, port: connection.endpoint, order))
        let text = try key.opened(sealed, of: service.id, .offer)
        let offer: ClientOffer
        do { offer = try JSON.decode(from: Data(text.utf8)) } catch {
            throw Problem(.failed, "cannot determine the client program of \(service.id): \(error)")
        }
        let own = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        let environment = Dictionary(own.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            .merging(offer.environment) { $1 }
        return ClientOffer(
            arguments: offer.arguments, environment: environment,
            unset: Set(offer.unset).subtracting(environment.keys).sorted(), files: offer.files, path: offer.path)
    }

    /// A command on the caller's machine, with the service's addresses in its environment.
    private func customClient(_ connection: Connection, _ request: ClientOfferRequest) throws(Problem) -> ClientOffer {
        guard !request.arguments.isEmpty else {
            throw Problem(
                .usage, "'\(connection.service)' is a custom service; Roost has no client program for it",
                next: ["roost run \(connection.service) -- COMMAND", "roost url \(connection.service)"])
        }
        let variables = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        return ClientOffer(
            arguments: request.arguments,
            environment: Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }), files: [:],
            path: [])
    }
}
