import Synchronization

/// The port that the TCP listener got; known once it stands, which with port 0 is not before.
final class BoundAddress: Sendable {
    private let bound = Mutex<Int?>(nil)

    var port: Int? {
        get { bound.withLock { $0 } }
        set { bound.withLock { $0 = newValue } }
    }

    /// Cookies do not know ports: without it, two daemons of one machine would sign each other's users out.
    var cookieName: String { "roost_session_\(port ?? 0)" }
}
