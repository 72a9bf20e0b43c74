import CHost
import Dispatch
import Glibc
import Synchronization

/// Waits for one process to end, by readiness of its pidfd, and reaps it if it is a child.
final class ExitWatch: Sendable {
    let pidfd: Int32
    private let isChild: Bool
    private let state = Mutex(State.running(waiters: [:], next: 0))
    private let source = Mutex<(any DispatchSourceRead)?>(nil)

    /// All handlers run on this queue; each takes microseconds.
    private static let queue = DispatchQueue(label: "roost.exits")

    private enum State {
        case running(waiters: [Int: CheckedContinuation<ExitStatus?, Never>], next: Int)
        case ended(ExitStatus)

        var status: ExitStatus? {
            if case .ended(let status) = self { status } else { nil }
        }
    }

    /// Takes ownership of the descriptor.
    init(pidfd: Int32, isChild: Bool) {
        self.pidfd = pidfd
        self.isChild = isChild
        source.withLock { slot in
            let source = DispatchSource.makeReadSource(fileDescriptor: pidfd, queue: Self.queue)
            // The handler keeps the watch, and with it the descriptor, until the process has ended or the watch is
            // abandoned: a child is reaped even if no caller waits for it any more.
            source.setEventHandler { self.reap() }
            source.activate()
            slot = source
        }
    }

    deinit { close(pidfd) }

    var hasEnded: Bool {
        if state.withLock({ $0.status }) != nil { return true }
        var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Called when no caller is interested any more. Another process's child need not be watched further; an own
    /// child must still be reaped.
    func abandon() {
        if !isChild { stop() }
    }

    /// Nil if the waiting task was cancelled.
    func end() async -> ExitStatus? {
        let id = state.withLock { state -> Int in
            guard case .running(let waiters, let next) = state else { return 0 }
            state = .running(waiters: waiters, next: next + 1)
            return next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let ended = state.withLock { state -> ExitStatus? in
                    guard case .running(var waiters, let next) = state else { return state.status }
                    waiters[id] = waiter
                    state = .running(waiters: waiters, next: next)
                    return nil
                }
                if let ended { waiter.resume(returning: ended) }
                // The cancellation handler may have run before the waiter was registered.
                if ended == nil, Task.isCancelled { forget(id) }
            }
        } onCancel: {
            forget(id)
        }
    }

    private func forget(_ id: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<ExitStatus?, Never>? in
            guard case .running(var waiters, let next) = state else { return nil }
            let waiter = waiters.removeValue(forKey: id)
            state = .running(waiters: waiters, next: next)
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    private func reap() {
        let status: ExitStatus
        if isChild {
            var signalled = false
            var value: Int32 = 0
            switch chost_reap(pidfd, &signalled, &value) {
            // The process cannot be reaped yet. The source fires again.
            case 0: return
            case 1: status = signalled ? .signalled(value) : .exited(value)
            default: status = .unknown
            }
        } else {
            // Reaping is also not done here for a child that was adopted beside the object that started it: that
            // object gets the status.
            status = .unknown
        }
        let waiters = state.withLock { state -> [CheckedContinuation<ExitStatus?, Never>] in
            guard case .running(let waiters, _) = state else { return [] }
            state = .ended(status)
            return Array(waiters.values)
        }
        stop()
        for waiter in waiters { waiter.resume(returning: status) }
    }

    private func stop() {
        source.withLock { source in
            source?.cancel()
            source = nil
        }
    }
}
