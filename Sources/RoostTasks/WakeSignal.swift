import Synchronization

/// Wakes one sleeper. A ring while nobody sleeps is kept for the next sleep.
///
/// No stream does this: a stream ends for good when a task that iterates it is cancelled, and every later wait on it
/// returns at once.
package final class WakeSignal: Sendable {
    /// Why a sleep ended.
    package enum Wake: Sendable {
        case rung
        case timeOut
    }

    private struct State {
        var isRung = false
        var sleeper: CheckedContinuation<Wake, Never>?
        /// Number of the latest sleep, so that the alarm of an earlier one cannot end it.
        var sleep = 0
        /// Number of the sleep whose alarm went off, perhaps before its sleeper was registered.
        var elapsed = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let sleeper = state.withLock { state in
            let sleeper = state.sleeper.take()
            if sleeper == nil { state.isRung = true }
            return sleeper
        }
        sleeper?.resume(returning: .rung)
    }

    /// Returns at a ring, after `time`, or when the task is cancelled, which counts as a ring. One sleeper at a time:
    /// a second one wakes the first.
    @discardableResult
    package func sleep(_ time: Duration) async -> Wake {
        let sleep = state.withLock { state in
            state.sleep += 1
            return state.sleep
        }
        let alarm = Task {  // Cancelled below.
            if (try? await Task.sleep(for: time)) != nil { elapse(sleep) }
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (over, earlier) = state.withLock { state -> (Wake?, CheckedContinuation<Wake, Never>?) in
                    if state.isRung || Task.isCancelled {
                        state.isRung = false
                        return (.rung, nil)
                    }
                    if state.elapsed == sleep { return (.timeOut, nil) }
                    let earlier = state.sleeper
                    state.sleeper = continuation
                    return (nil, earlier)
                }
                earlier?.resume(returning: .rung)
                if let over { continuation.resume(returning: over) }
            }
        } onCancel: {
            ring()
        }
    }

    private func elapse(_ sleep: Int) {
        let sleeper = state.withLock { state -> CheckedContinuation<Wake, Never>? in
            guard state.sleep == sleep else { return nil }
            state.elapsed = sleep
            return state.sleeper.take()
        }
        sleeper?.resume(returning: .timeOut)
    }
}
