import Synchronization

/// Texts that come in from elsewhere, and a way to wait for one without a clock.
final class Lines: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(needle: String, continuation: CheckedContinuation<Bool, Never>)] = []
        var hasEnded = false
    }

    private let state = Mutex(State())

    var all: [String] { state.withLock(\.lines) }

    func append(_ line: String) {
        let woken = state.withLock { state in
            state.lines.append(line)
            let woken = state.waiters.filter { line.contains($0.needle) }
            state.waiters.removeAll { line.contains($0.needle) }
            return woken
        }
        for waiter in woken { waiter.continuation.resume(returning: true) }
    }

    func end() {
        let woken = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in woken { waiter.continuation.resume(returning: false) }
    }

    /// Returns true once nothing more can come.
    func ends() async -> Bool { await !wait(for: "\u{0} no line has this") }

    /// Returns once a text with `needle` has come; false when none came before the end.
    func wait(for needle: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.lines.contains(where: { $0.contains(needle) }) { return true }
                if state.hasEnded { return false }
                state.waiters.append((needle, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
