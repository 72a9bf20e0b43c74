import CHost
import Glibc

/// Who is frozen.
package enum FreezeSubject: Sendable {
    case group(ControlGroup)
    /// For a machine without control groups. Children that they make meanwhile are stopped with them.
    case processes([Int32])

    /// The part of the guard's command line that names them.
    var arguments: [String] {
        switch self {
        case .group(let group):
            if let freezer = group.freezer { ["--freezer", freezer] } else { Self.arguments(group.members()) }
        case .processes(let pids): Self.arguments(pids)
        }
    }

    private static func arguments(_ pids: [Int32]) -> [String] {
        ["--pids", pids.map(String.init).joined(separator: ",")]
    }

    /// Lets them run on, whoever froze them.
    package func thaw() throws(HostError) {
        switch self {
        case .group(let group) where group.freezer != nil: try group.thaw()
        case .group(let group): try Self.continueAll(group.members())
        case .processes(let pids): try Self.continueAll(pids)
        }
    }

    private static func continueAll(_ pids: [Int32]) throws(HostError) {
        for pid in pids {
            // What runs already does not notice.
            if kill(pid, SIGCONT) == 0 || errno == ESRCH { continue }
            throw .signal(pid: pid, number: SIGCONT, errno: errno)
        }
    }
}
