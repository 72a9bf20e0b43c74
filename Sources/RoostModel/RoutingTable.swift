/// Ports that roost-router listens on, and where it sends each connection. roostd writes the table; the router obeys
/// and stores it.
package struct RoutingTable: Codable, Equatable, Sendable {
    /// Revision, higher with every change; the router takes no table with a lower one.
    package var revision: UInt64
    package var routes: [Route]

    package init(revision: UInt64, routes: [Route]) {
        self.revision = revision
        self.routes = routes
    }

    package static let empty = RoutingTable(revision: 0, routes: [])
}

/// A listening port of the router.
package struct Route: Codable, Equatable, Sendable {
    /// Purpose of a route's connections; also names the route in figures and logs.
    package enum Purpose: String, Codable, Sendable, CaseIterable {
        case primary, read, instance
    }

    package enum Reach: String, Codable, Sendable {
        /// The router listens on 127.0.0.1 and, if the machine has it, ::1.
        case loopback
        /// The router listens on every address of the machine.
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
    /// Servers that connections go to, in proportion to the weights. Never empty. A router that speaks
    /// `RouterProtocol.differences` knows only the first.
    package let backends: [WeightedBackend]
    package let gate: Gate
    /// Epoch of the primary behind the route. The router takes no lower epoch for a route.
    package let epoch: UInt64
    /// Fence of the route: if the epoch is below it, no connection is let in, and sessions that began at an epoch
    /// below it end at once. The router takes no lower fence for a route. Known to routers that speak
    /// `RouterProtocol.fences`.
    package let fence: UInt64
    /// For the own port of an instance whose gate this route does not follow, because the servers reach each other
    /// through it: the instance's gate, for roostd alone. Nil if `gate` is the instance's.
    package let instanceGate: Gate?
    /// Whether a connection that no server takes is refused at once. Nil: it waits for a server, as clients should that
    /// know no other address. Servers that elect and their drivers take the refusal as news.
    package let refusesAtOnce: Bool?

    package init(
        name: String, purpose: Purpose, wire: String, reach: Reach, port: PortNumber, backend: Backend,
        others: [WeightedBackend] = [], gate: Gate, epoch: UInt64, fence: UInt64 = 0, instanceGate: Gate? = nil,
        refusesAtOnce: Bool? = nil
    ) {
        self.instanceGate = instanceGate
        self.refusesAtOnce = refusesAtOnce
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

    /// The first backend.
    package var backend: Backend { backends[0].backend }

    /// Gate that the router applies to new connections.
    package var effectiveGate: Gate { gate == .open && epoch < fence ? .held : gate }

    private enum CodingKeys: String, CodingKey {
        case name, purpose, wire, reach, port, backend, backends, gate, epoch, fence, instanceGate,
            refusesAtOnce
    }

    /// Older tables have one backend and no fence.
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
        instanceGate = try fields.decodeIfPresent(Gate.self, forKey: .instanceGate)
        refusesAtOnce = try fields.decodeIfPresent(Bool.self, forKey: .refusesAtOnce)
    }

    /// An older router can read the result too: it takes the fields that it knows.
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
        try fields.encodeIfPresent(instanceGate, forKey: .instanceGate)
        try fields.encodeIfPresent(refusesAtOnce, forKey: .refusesAtOnce)
    }

    /// Address that a server itself listens on: always loopback.
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
        /// Share of new connections; 0 means none while another backend has more.
        package let weight: Int

        package init(_ backend: Backend, weight: Int) {
            self.backend = backend
            self.weight = max(0, weight)
        }
    }
}

/// Difference of a table to a revision: the change of one service does not resend the routes of all others.
package struct RoutingChange: Codable, Equatable, Sendable {
    /// Base revision of the difference. A router with another revision takes nothing, and reports that.
    package let from: UInt64
    package let revision: UInt64
    /// New routes, and routes that replace those of the same name.
    package let set: [Route]
    /// Names of routes that are gone.
    package let removed: [String]

    package init(from: UInt64, revision: UInt64, set: [Route], removed: [String]) {
        self.from = from
        self.revision = revision
        self.set = set
        self.removed = removed
    }

    /// The table that results from applying the difference to another one.
    package func applied(to table: RoutingTable) -> RoutingTable {
        let replaced = Set(set.map(\.name)).union(removed)
        return RoutingTable(
            revision: revision,
            routes: (table.routes.filter { !replaced.contains($0.name) } + set).sorted { $0.name < $1.name })
    }
}

/// Versions of the protocol between roostd and the router. The answer to `status`, the first request on a connection,
/// is the hello: it carries the router's version. A router that sends none speaks version 1.
package enum RouterProtocol {
    /// Whole tables; refusals are one text.
    package static let tables = 1
    /// Adds differences, and refusals by route.
    package static let differences = 2
    /// Adds routes with several backends, and fences.
    package static let fences = 3
    package static let newest = fences
}

/// Requests of roostd over the router's control socket `<home>/router/control.sock`: one JSON document per line, each
/// answered by one `RouterReply` line.
package enum RouterRequest: Codable, Equatable, Sendable {
    /// Replace the table. Answered once the listeners are open and the table is on disk.
    case apply(RoutingTable)
    /// Change the table. Answered like `apply`. Only for routers that speak `RouterProtocol.differences`.
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
    /// Why the request was refused, wholly or in part; nil if it was not.
    package let refusal: String?
    package let routes: [RouteStatus]
    /// See `RouterProtocol`. Nil means version 1.
    package var protocolVersion: Int?
    /// Routes that were not taken, each for itself; the rest of the request is in force. Nil from a router of version
    /// 1, which tells them in `refusal`.
    package var refusals: [RouteRefusal]?
    /// True if the request was a difference to another revision than the one in force. Nothing of it was taken; the
    /// whole table is needed.
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

/// A route that the router did not take, and why. The previous route of that name stays in force.
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
    /// Nil while the router listens; else the reason why it cannot: `address in use`.
    package let listenError: String?
    package let openConnections: Int
    package let waitingConnections: Int
    package let totalConnections: UInt64
    package let refusedConnections: UInt64
    /// For a read endpoint: its backends with open connections, and those that left the route before their last
    /// connection ended. Nil for other routes, and if not all connections are known: the router is of an older version,
    /// or the one that it replaced may still have some.
    package let busyBackends: [BusyBackend]?

    /// A server with open connections of a route.
    package struct BusyBackend: Codable, Equatable, Sendable {
        package let backend: Route.Backend
        package let openConnections: Int

        package init(_ backend: Route.Backend, openConnections: Int) {
            self.backend = backend
            self.openConnections = openConnections
        }
    }

    package init(
        name: String, listenError: String?, openConnections: Int, waitingConnections: Int, totalConnections: UInt64,
        refusedConnections: UInt64, busyBackends: [BusyBackend]? = nil
    ) {
        self.busyBackends = busyBackends
        self.name = name
        self.listenError = listenError
        self.openConnections = openConnections
        self.waitingConnections = waitingConnections
        self.totalConnections = totalConnections
        self.refusedConnections = refusedConnections
    }
}
