import Synchronization

/// The port of the TCP listener. With port 0 it is known only once the listener is bound.
final class BoundAddress: Sendable {
    private let bound = Mutex<Int?>(nil)

    var port: Int? {
        get { bound.withLock { $0 } }
        set { bound.withLock { $0 = newValue } }
    }

    /// Cookies are not separated by port: without the port in the name, two daemons of one machine would sign each
    /// other's users out.
    var cookieName: String { "roost_session_\(port ?? 0)" }
}
