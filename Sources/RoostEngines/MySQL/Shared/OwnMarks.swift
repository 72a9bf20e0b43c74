import RoostModel
import Synchronization

/// When the password of Roost's own account was last set, as a server notes it: a change that was put back leaves this trace.
struct OwnMark: Equatable {
    let text: String?
    /// How many repairs of the account the server had seen by then.
    let repairs: Int
}

/// Counts the repairs of Roost's own account on each server, so that a look does not take Roost's own change for somebody
/// else's. A repair counts when it begins and when it ends: a look in between compares with nothing.
final class OwnMarks: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func repairs(of server: ServerAddress) -> Int { counts.withLock { $0[server.socket] ?? 0 } }

    func noteRepair(of server: ServerAddress) { counts.withLock { $0[server.socket, default: 0] += 1 } }
}
