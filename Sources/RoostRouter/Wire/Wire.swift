import NIOCore

/// A protocol that clients of a route speak, as far as the router must know it: who speaks first, and how a client
/// that cannot be served is told why.
package enum Wire: Equatable, Sendable {
    case mysql
    /// Redis and Valkey: the client speaks first, and reads an error at any time.
    case redis
    /// The client speaks first, and reads an error only when it has.
    case postgresql
    /// A protocol the router does not know. A client that cannot be served is just disconnected.
    case plain

    /// A route's `wire` is open: one that this router does not know is relayed all the same.
    package init(name: String) {
        self =
            switch name {
            case "mysql": .mysql
            case "redis": .redis
            case "postgresql": .postgresql
            default: .plain
            }
    }

    /// The server greets before the client has said anything. Until the greeting came, its loss can be hidden.
    package var serverSpeaksFirst: Bool {
        switch self {
        case .mysql: true
        case .redis, .postgresql, .plain: false
        }
    }

    /// What a client is sent instead of the server's first words. Nil: it is disconnected without a word.
    package func refusal(_ refusal: Refusal, of route: String) -> ByteBuffer? {
        switch self {
        case .mysql: MySQLErrorPacket(refusal, of: route).bytes
        case .redis: RedisErrorLine(refusal, of: route).bytes
        case .postgresql: PostgreSQLErrorResponse(refusal, of: route).bytes
        case .plain: nil
        }
    }

    /// How a client is told that must be heard first. Nil: it is told, or disconnected, at once.
    package func farewell(_ refusal: Refusal, of route: String) -> PostgreSQLFarewell? {
        switch self {
        case .postgresql: PostgreSQLFarewell(PostgreSQLErrorResponse(refusal, of: route).bytes)
        case .mysql, .redis, .plain: nil
        }
    }
}

/// Why a connection is not served.
package enum Refusal: Equatable, Sendable {
    /// The service is stopped.
    case stopped
    /// The service did not take the connection within the time that connections wait.
    case waited(Duration)
    /// The server took the connection but did not speak within that time.
    case silent(Duration)
    /// As many connections wait already as may.
    case tooManyWaiting(Int)
    /// The route, or the router as a whole, has as many connections as it may.
    case tooManyConnections(Int)
    /// The route was removed, or the router is shutting down.
    case removed

    /// A sentence for the person who reads the client's error.
    package func message(of route: String) -> String {
        switch self {
        case .stopped: "roost: \(route) is stopped"
        case .waited(let time): "roost: \(route) is not accepting connections (waited \(Self.text(time)))"
        case .silent(let time): "roost: the server of \(route) does not answer (waited \(Self.text(time)))"
        case .tooManyWaiting(let count):
            "roost: \(route) is not accepting connections (\(count) are waiting for it already)"
        case .tooManyConnections(let count): "roost: \(route) has \(count) connections open and takes no more"
        case .removed: "roost: \(route) is not served here any more"
        }
    }

    /// `10 s`, `0.25 s`.
    private static func text(_ time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
