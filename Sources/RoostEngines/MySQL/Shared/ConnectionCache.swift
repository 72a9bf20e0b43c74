import Synchronization
import RoostModel

/// Keeps one idle connection per server, so that a probe costs one query and no sign-on.
///
/// The caller of `take` has the connection alone until it brings it back. Connections of servers that are gone are
/// closed after a minute without use.
final class ConnectionCache<Connection: Sendable>: Sendable {
    private struct Key: Hashable {
        let instance: InstanceID
        let socket: String
    }

    private struct Idle {
        let connection: Connection
        let since: ContinuousClock.Instant
    }

    private let idle = Mutex<[Key: Idle]>([:])
    private let keptFor: Duration = .seconds(60)

    /// Takes the server's idle connection, if there is one.
    func take(_ server: ServerAddress) -> Connection? {
        idle.withLock { $0.removeValue(forKey: Key(instance: server.instance, socket: server.socket)) }?.connection
    }

    /// Brings back a healthy connection, and closes connections that have been idle for too long.
    func bringBack(_ connection: Connection, _ server: ServerAddress, now: ContinuousClock.Instant = .now) {
        // Connections are closed outside the lock because closing sends a message to the server.
        let dropped = idle.withLock { idle in
            let old = idle.filter { now - $0.value.since > keptFor }
            for key in old.keys { idle[key] = nil }
            let key = Key(instance: server.instance, socket: server.socket)
            let replaced = idle.updateValue(Idle(connection: connection, since: now), forKey: key)
            return old.values.map(\.connection) + (replaced.map { [$0.connection] } ?? [])
        }
        withExtendedLifetime(dropped) {}
    }

    var count: Int { idle.withLock { $0.count } }
}
