import NIOPosix
import Synchronization
import RoostModel

/// The threads that wait for database servers, so that the concurrency pool's never do.
enum AdministrationThreads {
    /// Enough for as many hung servers at a time; a further look waits for a thread, at most for their time-outs.
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 16)
        pool.start()
        return pool
    }()

    static func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        try await pool.runIfActive {
            do throws(Fault) { return .success(try work()) } catch { return .failure(error) }
        }
    }
}

/// One idle connection a server, so that a look costs a query and no sign-on.
///
/// A connection is handed out and brought back; who takes one has it alone. Those of servers that are gone are closed
/// when they were not used for a minute.
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

    /// Brings back a connection that is in order, and closes those that nobody used for long.
    func bringBack(_ connection: Connection, _ server: ServerAddress, now: ContinuousClock.Instant = .now) {
        // Closed outside the lock: a close says goodbye over the network.
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
