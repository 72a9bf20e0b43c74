import CHost
import Glibc

/// Freezes processes, waits for the order to thaw, and thaws them: also if the requesting process dies, and at the
/// latest at its deadline. The guard depends on no other process for that, so no crash elsewhere leaves processes
/// frozen.
///
/// Prints `frozen` once all processes are stopped, and `thawed <microseconds>` with the length of the pause at the
/// end. Any input on standard input, its end included, is the order to thaw.
public enum GuardProgram {
    /// The guard's exit status.
    enum Ending: Int32 {
        case thawedAsTold = 0
        /// The processes were not frozen, or a partial freeze was undone; a line on standard error gives the reason.
        case notFrozen = 1
        case usage = 2
        case thawedByDeadline = 3
        /// A signal to the guard, or a thaw by another process: the pause had ended before the order to thaw.
        case thawedEarly = 4
        /// The kernel refuses to thaw.
        case stillFrozen = 5
    }

    /// Returns the exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        guard let request = GuardRequest(arguments: arguments) else { return end(.usage, GuardRequest.usage) }
        // A signal to end the guard makes it thaw. A reader that has closed the output gets no text and must not kill
        // the guard.
        let signals = chost_signal_descriptor()
        signal(SIGHUP, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        // Raise the priority, so that a busy machine does not lengthen the pause. Not all users may, and it works
        // without.
        setpriority(Int32(PRIO_PROCESS.rawValue), 0, -10)
        do throws(FreezeFailure) {
            let freezer: any Freezer =
                switch request.target {
                case .group(let folder): try GroupFreezer(folder)
                case .processes(let pids): ProcessFreezer(pids)
                }
            return hold(freezer, Watch(signals: signals, deadline: request.deadline))
        } catch {
            return end(.notFrozen, error.reason)
        }
    }

    private static func hold(_ freezer: any Freezer, _ watch: Watch) -> Int32 {
        do throws(FreezeFailure) {
            try freezer.freeze()
            try awaitStandstill(of: freezer, watch)
        } catch {
            return freezer.thaw() ? end(.notFrozen, error.reason) : end(.stillFrozen, error.reason)
        }
        say("frozen\n", to: 1)
        var ending = watch.ending()
        // A freeze that another process has undone did not stop the writers.
        if (try? freezer.isFrozen()) != true { ending = .thawedEarly }
        guard freezer.thaw() else { return end(.stillFrozen, "cannot thaw: \(String(cString: strerror(errno)))") }
        say("thawed \(Int(watch.elapsed / .microseconds(1)))\n", to: 1)
        return ending.rawValue
    }

    /// Waits until all processes are stopped. A process in disk I/O takes as long as the disk does.
    private static func awaitStandstill(of freezer: any Freezer, _ watch: Watch) throws(FreezeFailure) {
        var pause = Duration.microseconds(50)
        while try !freezer.isFrozen() {
            switch watch.next(within: pause) {
            case .nothing: pause = min(pause * 2, .milliseconds(2))
            case .told: throw FreezeFailure("cancelled while freezing")
            case .signal: throw FreezeFailure("interrupted by a signal while freezing")
            case .deadline: throw FreezeFailure("not all processes were frozen within \(watch.deadline)")
            }
        }
    }

    private static func end(_ ending: Ending, _ text: String) -> Int32 {
        say("roost-guard: \(text)\n", to: 2)
        return ending.rawValue
    }

    private static func say(_ text: String, to file: Int32) {
        // The reader may have closed the pipe, which changes nothing.
        _ = Array(text.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }
}
