import ServiceLifecycle
import Synchronization

/// A signal that opens once every listener of the daemon listens.
///
/// Nothing else is started before: if an address is already in use, the failed start must leave nothing behind,
/// neither a router nor a database.
package final class ListeningSignal: Sendable {
    private struct State {
        var missing: Int
        var waiters: [AsyncStream<Void>.Continuation] = []
    }

    private let state: Mutex<State>

    init(listeners: Int) { state = Mutex(State(missing: listeners)) }

    func oneListens() {
        let woken = state.withLock { state in
            state.missing -= 1
            guard state.missing <= 0 else { return [AsyncStream<Void>.Continuation]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in woken { waiter.finish() }
    }

    /// Returns false if the daemon stops before the signal opens.
    func opens() async -> Bool {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let isOpen = state.withLock { state in
            if state.missing > 0 { state.waiters.append(continuation) }
            return state.missing <= 0
        }
        if isOpen { return true }
        await cancelWhenGracefulShutdown {
            for await _ in stream {}
        }
        return state.withLock { $0.missing <= 0 }
    }
}

/// A part of the daemon that starts once all listeners listen.
package struct StartedBehindListeners: ServiceLifecycle.Service {
    private let part: any ServiceLifecycle.Service
    private let signal: ListeningSignal

    package init(_ part: any ServiceLifecycle.Service, _ signal: ListeningSignal) {
        self.part = part
        self.signal = signal
    }

    package func run() async throws {
        guard await signal.opens() else { return }
        try await part.run()
    }
}
