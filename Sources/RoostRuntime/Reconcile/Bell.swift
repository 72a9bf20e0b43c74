import Synchronization

/// Wakes one sleeper. A ring while nobody sleeps is kept for the next sleep.
///
/// No stream does this: a stream ends for good when a task that iterates it is cancelled, and every later wait on it
/// returns at once.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let sleeper = state.withLock { state in
            let sleeper = state.sleeper.take()
            if sleeper == nil { state.isRung = true }
            return sleeper
        }
        sleeper?.resume()
    }

    /// Returns at a ring, after `time`, or when the task is cancelled. One sleeper at a time.
    func sleep(_ time: Duration) async {
        let alarm = Task {  // Cancelled below.
            // A cancelled alarm does not ring; one that rings late costs its sleeper one look.
            if (try? await Task.sleep(for: time)) != nil { ring() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isRung || Task.isCancelled {
                        state.isRung = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
        alarm.cancel()
    }
}
