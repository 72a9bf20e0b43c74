import RoostModel
import Synchronization

/// The time at which the server last recorded a new password for Roost's own account: a trace even of a change that
/// was undone.
struct OwnMark: Equatable {
    let text: String?
    /// The number of repairs of the account on this server at that time.
    let repairs: Int
}

/// Counts the repairs of Roost's own account on each server, so that a probe does not mistake Roost's change for
/// somebody else's. Each repair is counted at its begin and its end: a probe in between has no mark to compare with.
final class OwnMarks: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func repairs(of server: ServerAddress) -> Int { counts.withLock { $0[server.socket] ?? 0 } }

    func noteRepair(of server: ServerAddress) { counts.withLock { $0[server.socket, default: 0] += 1 } }
}
