/// What roost-router listens on and where it sends each connection. roostd writes it, the router obeys and stores it.
package struct RoutingTable: Codable, Equatable, Sendable {
    /// Grows with every change; the router takes no table with a lower one.
    package var revision: UInt64
    package var routes: [Route]

    package init(revision: UInt64, routes: [Route]) {
        self.revision = revision
        self.routes = routes
    }

    package static let empty = RoutingTable(revision: 0, routes: [])
}

/// One listening port of the router.
package struct Route: Codable, Equatable, Sendable {
    /// What connections of a route are for; also names the route in figures and logs.
    package enum Purpose: String, Codable, Sendable, CaseIterable {
        case primary, read, instance
    }

    package enum Reach: String, Codable, Sendable {
        /// Listens on 127.0.0.1 and ::1 (where there is one).
        case loopback
        /// Listens on every address of the machine.
        case network
    }

    package enum Gate: String, Codable, Sendable {
        /// Connections are relayed at once.
        case open
        /// New connections wait for `open`, for a bounded time. Established ones are left alone.
        case held
        /// New connections are refused with a message; the service is stopped.
        case closed
    }

    /// `ramen/data` for the service's endpoint, `ramen/data/read`, `ramen/data.0`: unique in a table.
    package let name: String
    package let purpose: Purpose
    /// The wire protocol, so that a connection that cannot be served gets an error its client understands: `mysql`.
    package let wire: String
    package let reach: Reach
    package let port: PortNumber
    /// Where connections go, in proportion to the weights. Never empty. A router that speaks `RouterProtocol.differences`
    /// knows the first alone.
    package let backends: [WeightedBackend]
    package let gate: Gate
    /// The epoch of the primary behind it. For one route the router takes no lower epoch.
    package let epoch: UInt64
    /// A route whose epoch is below its fence lets nobody in, and sessions that began at an epoch below it end at once. For
    /// one route the router takes no lower fence. Known to a router that speaks `RouterProtocol.fences`.
    package let fence: UInt64

    package init(
        name: String, purpose: Purpose, wire: String, reach: Reach, port: PortNumber, backend: Backend,
        others: [WeightedBackend] = [], gate: Gate, epoch: UInt64, fence: UInt64 = 0
    ) {
        self.name = name
        self.purpose = purpose
        self.wire = wire
        self.reach = reach
        self.port = port
        backends = [WeightedBackend(backend, weight: 1)] + others
        self.gate = gate
        self.epoch = epoch
        self.fence = fence
    }

    /// The first.
    package var backend: Backend { backends[0].backend }

    /// What the router does with new connections.
    package var effectiveGate: Gate { gate == .open && epoch < fence ? .held : gate }

    private enum CodingKeys: String, CodingKey {
        case name, purpose, wire, reach, port, backend, backends, gate, epoch, fence
    }

    /// Tables of before have one backend and no fence.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        purpose = try fields.decode(Purpose.self, forKey: .purpose)
        wire = try fields.decode(String.self, forKey: .wire)
        reach = try fields.decode(Reach.self, forKey: .reach)
        port = try fields.decode(PortNumber.self, forKey: .port)
        let first = WeightedBackend(try fields.decode(Backend.self, forKey: .backend), weight: 1)
        let all = try fields.decodeIfPresent([WeightedBackend].self, forKey: .backends) ?? []
        backends = all.isEmpty ? [first] : all
        gate = try fields.decode(Gate.self, forKey: .gate)
        epoch = try fields.decode(UInt64.self, forKey: .epoch)
        fence = try fields.decodeIfPresent(UInt64.self, forKey: .fence) ?? 0
    }

    /// Also for a router of before, which reads what it knows.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(purpose, forKey: .purpose)
        try fields.encode(wire, forKey: .wire)
        try fields.encode(reach, forKey: .reach)
        try fields.encode(port, forKey: .port)
        try fields.encode(backends[0].backend, forKey: .backend)
        if backends.count > 1 { try fields.encode(backends, forKey: .backends) }
        try fields.encode(gate, forKey: .gate)
        try fields.encode(epoch, forKey: .epoch)
        if fence > 0 { try fields.encode(fence, forKey: .fence) }
    }

    /// Where a server itself listens: always loopback.
    package struct Backend: Codable, Equatable, Hashable, Sendable {
        package let host: String
        package let port: PortNumber

        package init(host: String, port: PortNumber) {
            self.host = host
            self.port = port
        }
    }

    package struct WeightedBackend: Codable, Equatable, Sendable {
        package let backend: Backend
        /// Of new connections; 0: none while another backend has more.
        package let weight: Int

        package init(_ backend: Backend, weight: Int) {
            self.backend = backend
            self.weight = max(0, weight)
        }
    }
}

/// What changed since a revision: so that one service's change does not send every other's routes along.
package struct RoutingChange: Codable, Equatable, Sendable {
    /// The revision that it is a difference to. A router that has another one takes nothing, and says so.
    package let from: UInt64
    package let revision: UInt64
    /// Routes that are new, or replace the ones of their names.
    package let set: [Route]
    /// Names of routes that are gone.
    package let removed: [String]

    package init(from: UInt64, revision: UInt64, set: [Route], removed: [String]) {
        self.from = from
        self.revision = revision
        self.set = set
        self.removed = removed
    }

    /// The table that it makes of another one.
    package func applied(to table: RoutingTable) -> RoutingTable {
        let replaced = Set(set.map(\.name)).union(removed)
        return RoutingTable(
            revision: revision,
            routes: (table.routes.filter { !replaced.contains($0.name) } + set).sorted { $0.name < $1.name })
    }
}

/// Versions of what roostd and the router say to each other. The answer to the first request on a connection, `status`, is
/// the hello: it carries the router's version, and one that carries none speaks the first.
package enum RouterProtocol {
    /// Whole tables; what is refused is told as a text.
    package static let tables = 1
    /// Besides: differences, and refusals by route.
    package static let differences = 2
    /// Besides: routes with several backends, and fences.
    package static let fences = 3
    package static let newest = fences
}

/// What roostd sends over the router's control socket `<home>/router/control.sock`: one JSON document a line,
/// each answered by one `RouterReply` line.
package enum RouterRequest: Codable, Equatable, Sendable {
    /// Replace the table. Answered once the listeners stand and the table is on disk.
    case apply(RoutingTable)
    /// Change the table. Answered as `apply`. Only to a router that speaks `RouterProtocol.differences`.
    case change(RoutingChange)
    /// Answered with the current state.
    case status
    /// Pass the listening sockets to the caller over the same connection and drain. Used by a newer router.
    case takeOver
    /// Close everything and exit. Used by `roostd stop --services`.
    case shutDown
}

package struct RouterReply: Codable, Equatable, Sendable {
    package let pid: Int32
    package let version: String
    /// The revision in force after the request.
    package let revision: UInt64
    /// Why the request was refused, wholly or in part, or nil.
    package let refusal: String?
    package let routes: [RouteStatus]
    /// See `RouterProtocol`. Nil: the first.
    package var protocolVersion: Int?
    /// The routes that were not taken, each for itself; the rest of the request is in force. Nil: a router of the first
    /// version, which tells them in `refusal`.
    package var refusals: [RouteRefusal]?
    /// True: a difference to another revision than the one in force. Nothing of it was taken; the whole table is needed.
    package var isOutOfStep: Bool?

    package init(
        pid: Int32, version: String, revision: UInt64, refusal: String?, routes: [RouteStatus],
        protocolVersion: Int? = nil, refusals: [RouteRefusal]? = nil, isOutOfStep: Bool? = nil
    ) {
        self.pid = pid
        self.version = version
        self.revision = revision
        self.refusal = refusal
        self.routes = routes
        self.protocolVersion = protocolVersion
        self.refusals = refusals
        self.isOutOfStep = isOutOfStep
    }
}

/// A route that the router did not take, and why. What it held under that name stays in force.
package struct RouteRefusal: Codable, Equatable, Sendable {
    package let name: String
    package let reason: String

    package init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

package struct RouteStatus: Codable, Equatable, Sendable {
    package let name: String
    /// Nil while the router listens; else why it could not: `address in use`.
    package let listenError: String?
    package let openConnections: Int
    package let waitingConnections: Int
    package let totalConnections: UInt64
    package let refusedConnections: UInt64

    package init(
        name: String, listenError: String?, openConnections: Int, waitingConnections: Int, totalConnections: UInt64,
        refusedConnections: UInt64
    ) {
        self.name = name
        self.listenError = listenError
        self.openConnections = openConnections
        self.waitingConnections = waitingConnections
        self.totalConnections = totalConnections
        self.refusedConnections = refusedConnections
    }
}
