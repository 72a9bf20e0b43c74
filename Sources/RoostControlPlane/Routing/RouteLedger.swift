import RoostControl
import RoostModel

/// The routes wanted of the router, the routes it has confirmed, and the next request to send. A value; `RouterFeed`
/// does the communication.
struct RouteLedger: Sendable {
    private(set) var wanted: [ServiceID: [Route]] = [:]
    /// Grows with every change of the wanted routes.
    private(set) var revision: UInt64 = 0
    /// The routes of each service that the router has confirmed as a whole.
    private(set) var confirmed: [ServiceID: [Route]] = [:]
    private var known: Known?
    private var speaksDifferences = false

    /// The routes that the router holds.
    private struct Known: Sendable {
        let revision: UInt64
        /// Routes by name. Nil: the router refused the wanted route, and holds another one.
        var routes: [String: Route?]
    }

    /// The result of a request.
    enum Verdict: Equatable {
        /// The router took all routes, except those of these services.
        case taken(refused: [ServiceID: String])
        /// The router took nothing. It needs the whole table, or a later one.
        case again
        /// The router took nothing, for a reason that may pass.
        case later(String)
    }

    // MARK: What is wanted

    /// Takes the stored table as the starting point.
    mutating func load(_ table: RoutingTable, of services: Set<ServiceID>) {
        revision = table.revision
        for route in table.routes {
            guard let service = ServiceRoutes.service(ofRoute: route.name), services.contains(service) else { continue }
            wanted[service, default: []].append(route)
        }
    }

    mutating func want(_ routes: [Route], of service: ServiceID) {
        guard wanted[service, default: []] != routes else { return }
        wanted[service] = routes.isEmpty ? nil : routes
        revision += 1
    }

    func holds(_ routes: [Route], of service: ServiceID) -> Bool {
        wanted[service, default: []] == routes && confirmed[service, default: []] == routes
    }

    // MARK: What is said

    /// Handles the hello of a router; the routes it holds are unknown by then.
    mutating func meet(_ hello: RouterReply) {
        known = nil
        speaksDifferences = (hello.protocolVersion ?? RouterProtocol.tables) >= RouterProtocol.differences
        // A router that knows a later table than the one on disk (it stores before it answers) keeps its lead.
        revision = max(revision, hello.revision) + 1
    }

    /// The next request to send. Nil if the router holds all wanted routes.
    func request() -> RouterRequest? {
        let routes = wanted.values.joined().sorted { $0.name < $1.name }
        guard let known else { return .apply(RoutingTable(revision: revision, routes: routes)) }
        let names = Set(routes.map(\.name))
        let set = routes.filter { known.routes[$0.name] != .some($0) }
        let removed = known.routes.keys.filter { !names.contains($0) }.sorted()
        if set.isEmpty, removed.isEmpty { return nil }
        guard speaksDifferences else { return .apply(RoutingTable(revision: revision, routes: routes)) }
        return .change(RoutingChange(from: known.revision, revision: revision, set: set, removed: removed))
    }

    /// `sent`: the ledger as it was when the request was made; more routes may be wanted by now.
    mutating func hear(_ reply: RouterReply, sent: RouteLedger) -> Verdict {
        if reply.isOutOfStep == true || reply.revision > sent.revision {
            known = nil
            revision = max(revision, reply.revision + 1)
            return .again
        }
        let refusals = reply.refusals ?? Self.refusals(inTextOf: reply)
        if let reason = reply.refusal, refusals.isEmpty || reply.revision != sent.revision {
            known = nil
            return .later(reason)
        }
        var refused: [ServiceID: String] = [:]
        var held: [String: Route?] = [:]
        for (service, routes) in sent.wanted {
            for route in routes {
                let refusal = refusals.first { $0.name == route.name }
                held.updateValue(refusal == nil ? route : nil, forKey: route.name)
                if let refusal { refused[service] = refused[service] ?? refusal.reason }
            }
            if refused[service] == nil { confirmed[service] = routes }
        }
        for service in confirmed.keys where sent.wanted[service] == nil { confirmed[service] = nil }
        known = Known(revision: sent.revision, routes: held)
        return .taken(refused: refused)
    }

    /// Routers of the first protocol version name the routes that they kept in text: `route NAME stays at epoch …;
    /// route …`.
    private static func refusals(inTextOf reply: RouterReply) -> [RouteRefusal] {
        (reply.refusal ?? "").split(separator: "; ").compactMap { part in
            let words = part.split(separator: " ")
            guard words.count > 4, words[0] == "route", words[2] == "stays" else { return nil }
            return RouteRefusal(name: String(words[1]), reason: String(part))
        }
    }
}
