import CHost
import Glibc

/// The processes that are frozen.
package enum FreezeSubject: Sendable {
    /// `holding` lists processes that must be in the group, so that freezing the group freezes the server.
    case group(ControlGroup, holding: [Int32] = [])
    /// For a machine without control groups. Children made meanwhile are stopped as well.
    case processes([Int32])

    /// The guard's command-line arguments for this subject.
    var arguments: [String] {
        switch self {
        case .group(let group, _):
            if let freezer = group.freezer { ["--freezer", freezer] } else { Self.arguments(group.members()) }
        case .processes(let pids): Self.arguments(pids)
        }
    }

    /// Called while the subject is reported as frozen: freezing a group that lacks the server succeeds and stops
    /// nothing.
    func confirm() throws(HostError) {
        guard case .group(let group, let holding) = self else { return }
        let members = Set(group.freezable)
        if members.isEmpty { throw .notFrozen(reason: "its control group has no processes") }
        for pid in holding where !members.contains(pid) && ProcessStatus(pid: pid)?.isAlive == true {
            throw .notFrozen(reason: "its process \(pid) is not in the frozen control group")
        }
    }

    private static func arguments(_ pids: [Int32]) -> [String] {
        ["--pids", pids.map(String.init).joined(separator: ",")]
    }

    /// Thaws the processes, whichever process froze them.
    package func thaw() throws(HostError) {
        switch self {
        case .group(let group, _) where group.freezer != nil: try group.thaw()
        case .group(let group, _): try Self.continueAll(group.members())
        case .processes(let pids): try Self.continueAll(pids)
        }
    }

    private static func continueAll(_ pids: [Int32]) throws(HostError) {
        for pid in pids {
            // SIGCONT has no effect on a running process.
            if kill(pid, SIGCONT) == 0 || errno == ESRCH { continue }
            throw .signal(pid: pid, number: SIGCONT, errno: errno)
        }
    }
}
