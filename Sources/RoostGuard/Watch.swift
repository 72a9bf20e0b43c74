import CHost
import Glibc

/// Waits for the end of a freeze: the order to thaw, the requesting process's death, a signal, or the deadline.
struct Watch {
    enum Event { case nothing, told, signal, deadline }

    let deadline: Duration
    private let files: [Int32]
    private let start = ContinuousClock.now

    init(signals: Int32, deadline: Duration) {
        self.deadline = deadline
        // Watch the parent by a pidfd, too: after its death a forked child that has not run exec yet may hold the
        // pipe open.
        files = [0, chost_pidfd_open(getppid()), signals]
    }

    /// Time since the freeze began.
    var elapsed: Duration { ContinuousClock.now - start }

    /// The next event within some time. The deadline takes precedence.
    func next(within patience: Duration) -> Event {
        let rest = deadline - elapsed
        guard rest > .zero else { return .deadline }
        switch chost_await_any(files, Int32(files.count), Int64(min(rest, patience) / .nanoseconds(1))) {
        case 0, 1: return .told
        case 2: return .signal
        default: return .nothing
        }
    }

    /// Waits for the end of the freeze.
    func ending() -> GuardProgram.Ending {
        while true {
            switch next(within: deadline) {
            case .nothing: continue
            case .told: return .thawedAsTold
            case .signal: return .thawedEarly
            case .deadline: return .thawedByDeadline
            }
        }
    }
}
