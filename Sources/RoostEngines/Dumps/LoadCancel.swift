import Synchronization

/// Ends a load that blocks, from another thread. A load that has not begun to wait ends as soon as it does.
final class LoadCancel: Sendable {
    private struct State {
        var isCancelled = false
        var onCancel: (@Sendable () -> Void)?
        var onClear: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// `onClear`: frees what the other needs. Neither is called after `clear`.
    func set(onCancel: @escaping @Sendable () -> Void, onClear: @escaping @Sendable () -> Void = {}) {
        state.withLock { state in
            state.onClear?()
            (state.onCancel, state.onClear) = (onCancel, onClear)
            if state.isCancelled { onCancel() }
        }
    }

    func clear() {
        state.withLock { state in
            state.onClear?()
            (state.onCancel, state.onClear) = (nil, nil)
        }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.onCancel?()
        }
    }
}
