import CHost
import Glibc

/// Who is frozen.
package enum FreezeSubject: Sendable {
    /// `holding`: processes that have to be in it, so that a freeze of the group is one of the server.
    case group(ControlGroup, holding: [Int32] = [])
    /// For a machine without control groups. Children that they make meanwhile are stopped with them.
    case processes([Int32])

    /// The part of the guard's command line that names them.
    var arguments: [String] {
        switch self {
        case .group(let group, _):
            if let freezer = group.freezer { ["--freezer", freezer] } else { Self.arguments(group.members()) }
        case .processes(let pids): Self.arguments(pids)
        }
    }

    /// Called while all of it is said to stand still: a group without the server in it freezes well, and stops nobody.
    func confirm() throws(HostError) {
        guard case .group(let group, let holding) = self else { return }
        let members = Set(group.freezable)
        if members.isEmpty { throw .notFrozen(reason: "no process is in its control group") }
        for pid in holding where !members.contains(pid) && ProcessStatus(pid: pid)?.isAlive == true {
            throw .notFrozen(reason: "its process \(pid) is not in the control group that was frozen")
        }
    }

    private static func arguments(_ pids: [Int32]) -> [String] {
        ["--pids", pids.map(String.init).joined(separator: ",")]
    }

    /// Lets them run on, whoever froze them.
    package func thaw() throws(HostError) {
        switch self {
        case .group(let group, _) where group.freezer != nil: try group.thaw()
        case .group(let group, _): try Self.continueAll(group.members())
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
