import RoostModel
import Synchronization

/// The servers that Roost closed for writes and has not opened since: a read-only server that is not among them, and
/// that was seen open, was closed by somebody else.
final class ClosedServers: Sendable {
    private let sockets = Mutex<Set<String>>([])

    func contains(_ server: ServerAddress) -> Bool { sockets.withLock { $0.contains(server.socket) } }

    /// Called before Roost closes a server: a probe during the closing must know.
    func insert(_ server: ServerAddress) { sockets.withLock { _ = $0.insert(server.socket) } }

    /// Called once Roost has opened a server.
    func remove(_ server: ServerAddress) { sockets.withLock { _ = $0.remove(server.socket) } }
}
