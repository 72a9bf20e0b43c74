import NIOCore

/// The protocol of a route's clients, as far as the router must know it: which side speaks first, and how a client is
/// refused.
package enum Wire: Equatable, Sendable {
    case mysql
    /// Redis and Valkey: the client speaks first, and reads an error at any time.
    case redis
    /// The client speaks first, and reads an error only after it has spoken.
    case postgresql
    /// A protocol that the router does not know. A refused client is just disconnected.
    case plain

    /// A route's `wire` is open: a protocol that this router does not know is relayed all the same.
    package init(name: String) {
        self =
            switch name {
            case "mysql": .mysql
            case "redis": .redis
            case "postgresql": .postgresql
            default: .plain
            }
    }

    /// Whether the server greets before the client has said anything. Until the greeting came, its loss can be
    /// hidden.
    package var serverSpeaksFirst: Bool {
        switch self {
        case .mysql: true
        case .redis, .postgresql, .plain: false
        }
    }

    /// The bytes that a refused client gets in place of the server's first words. Nil: the client is just
    /// disconnected.
    package func refusal(_ refusal: Refusal, of route: String) -> ByteBuffer? {
        switch self {
        case .mysql: MySQLErrorPacket(refusal, of: route).bytes
        case .redis: RedisErrorLine(refusal, of: route).bytes
        case .postgresql: PostgreSQLErrorResponse(refusal, of: route).bytes
        case .plain: nil
        }
    }

    /// The dialogue with a client that must speak before it can be refused. Nil: the client is refused at once.
    package func farewell(_ refusal: Refusal, of route: String) -> PostgreSQLFarewell? {
        switch self {
        case .postgresql: PostgreSQLFarewell(PostgreSQLErrorResponse(refusal, of: route).bytes)
        case .mysql, .redis, .plain: nil
        }
    }
}

/// The reason why a connection is refused.
package enum Refusal: Equatable, Sendable {
    /// The service is stopped.
    case stopped
    /// The service did not take the connection within the time that connections wait.
    case waited(Duration)
    /// No server takes the connection, and the route does not wait for one.
    case noServer
    /// The server took the connection but did not speak within the time that connections wait.
    case silent(Duration)
    /// The maximum of waiting connections is reached.
    case tooManyWaiting(Int)
    /// The maximum of connections of the route, or of the router as a whole, is reached.
    case tooManyConnections(Int)
    /// The route was removed, or the router is shutting down.
    case removed

    /// A sentence for the person who reads the client's error.
    package func message(of route: String) -> String {
        switch self {
        case .stopped: "roost: \(route) is stopped"
        case .waited(let time): "roost: \(route) is not accepting connections (waited \(Self.text(time)))"
        case .noServer: "roost: the server of \(route) is not running"
        case .silent(let time): "roost: the server of \(route) does not answer (waited \(Self.text(time)))"
        case .tooManyWaiting(let count):
            "roost: \(route) is not accepting connections (\(count) connections are already waiting)"
        case .tooManyConnections(let count): "roost: \(route) has \(count) open connections and accepts no more"
        case .removed: "roost: \(route) is no longer served here"
        }
    }

    /// `10 s`, `0.25 s`.
    private static func text(_ time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
