import CHost
import Glibc

/// Freezes, waits until it is told to thaw, and thaws: also when whoever asked for the freeze dies, and at the latest at
/// its deadline. It needs nothing but itself for that, so nothing stays frozen because of somebody else's crash.
///
/// Says `frozen` once all processes stand still, and `thawed <microseconds>` with the length of the pause at the end. It is
/// told to thaw by anything on its standard input, the end of it included.
public enum GuardProgram {
    /// What the exit status tells.
    enum Ending: Int32 {
        case thawedAsTold = 0
        /// Nothing was frozen, or what was is thawed again; a line on standard error says why.
        case notFrozen = 1
        case usage = 2
        case thawedByDeadline = 3
        /// A signal to the guard, or a thaw by somebody else: the pause had ended before it was told to.
        case thawedEarly = 4
        /// The kernel refuses to thaw.
        case stillFrozen = 5
    }

    /// Returns the exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        guard let request = GuardRequest(arguments: arguments) else { return end(.usage, GuardRequest.usage) }
        // Whoever wants to end the guard gets the thaw; a reader that has gone is told nothing and does not kill it.
        let signals = chost_signal_descriptor()
        signal(SIGHUP, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        // A busy machine must not make the pause longer. Not allowed to everybody, and good enough without.
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
        // A freeze that somebody else has undone kept nobody from writing.
        if (try? freezer.isFrozen()) != true { ending = .thawedEarly }
        guard freezer.thaw() else { return end(.stillFrozen, "cannot thaw: \(String(cString: strerror(errno)))") }
        say("thawed \(Int(watch.elapsed / .microseconds(1)))\n", to: 1)
        return ending.rawValue
    }

    /// Waits until all stand still. One that waits for the disk takes as long as the disk.
    private static func awaitStandstill(of freezer: any Freezer, _ watch: Watch) throws(FreezeFailure) {
        var pause = Duration.microseconds(50)
        while try !freezer.isFrozen() {
            switch watch.next(within: pause) {
            case .nothing: pause = min(pause * 2, .milliseconds(2))
            case .told: throw FreezeFailure("given up while it froze")
            case .signal: throw FreezeFailure("a signal came while it froze")
            case .deadline: throw FreezeFailure("not all processes stood still within \(watch.deadline)")
            }
        }
    }

    private static func end(_ ending: Ending, _ text: String) -> Int32 {
        say("roost-guard: \(text)\n", to: 2)
        return ending.rawValue
    }

    private static func say(_ text: String, to file: Int32) {
        // Nobody may be there to listen, which changes nothing.
        _ = Array(text.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }
}
