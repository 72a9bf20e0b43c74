import CHost
import Glibc

/// What the guard waits for while others stand still.
struct Watch {
    enum Event { case nothing, told, signal, deadline }

    let deadline: Duration
    private let files: [Int32]
    private let start = ContinuousClock.now

    init(signals: Int32, deadline: Duration) {
        self.deadline = deadline
        // The parent itself, too: a child of his that has not run its program yet may hold the pipe open after his death.
        files = [0, chost_pidfd_open(getppid()), signals]
    }

    /// Since the freeze began.
    var elapsed: Duration { ContinuousClock.now - start }

    /// What happens within some time, the deadline before all else.
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
