import Synchronization

/// Ends a blocking load from another thread. A load that does not block yet ends as soon as it does.
final class LoadCancel: Sendable {
    private struct State {
        var isCancelled = false
        var onCancel: (@Sendable () -> Void)?
        var onClear: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// `onClear`: frees the resources of `onCancel`. Neither is called after `clear`.
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
