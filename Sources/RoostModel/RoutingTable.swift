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
    package let backend: Backend
    package let gate: Gate
    /// The epoch of the primary behind it. For one route the router takes no lower epoch.
    package let epoch: UInt64

    package init(
        name: String, purpose: Purpose, wire: String, reach: Reach, port: PortNumber, backend: Backend, gate: Gate,
        epoch: UInt64
    ) {
        self.name = name
        self.purpose = purpose
        self.wire = wire
        self.reach = reach
        self.port = port
        self.backend = backend
        self.gate = gate
        self.epoch = epoch
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
}

/// What roostd sends over the router's control socket `<home>/router/control.sock`: one JSON document a line,
/// each answered by one `RouterReply` line.
package enum RouterRequest: Codable, Equatable, Sendable {
    /// Replace the table. Answered once the listeners stand and the table is on disk.
    case apply(RoutingTable)
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
    /// Why the request was refused, or nil.
    package let refusal: String?
    package let routes: [RouteStatus]

    package init(pid: Int32, version: String, revision: UInt64, refusal: String?, routes: [RouteStatus]) {
        self.pid = pid
        self.version = version
        self.revision = revision
        self.refusal = refusal
        self.routes = routes
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
