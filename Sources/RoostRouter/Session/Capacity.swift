import Synchronization

/// Limit on the sessions of this process, derived from the descriptors it may open. A client beyond the limit gets an
/// error of its own protocol; after running out of descriptors that would be impossible.
package final class Capacity: Sendable {
    package let total: Int
    /// Limit for a single route, so that no route takes all sessions.
    package let perRoute: Int
    private let used = Atomic<Int>(0)
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)

    /// Reserves descriptors for listeners, control connections, files, and sockets that are being closed.
    package init(openFiles: Int) {
        let reserve = max(128, openFiles / 16)
        total = max(1, (openFiles - reserve) / 2)  // A session has two sockets.
        perRoute = max(1, total / 5 * 4)
    }

    package var sessions: Int { used.load(ordering: .relaxed) }

    func take() -> Bool {
        if used.add(1, ordering: .relaxed).newValue <= total { return true }
        used.subtract(1, ordering: .relaxed)
        return false
    }

    func giveBack() {
        guard used.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        listener.withLock { $0 }?()
    }

    /// Sets a function that is called each time when the last session has ended.
    func whenEmpty(_ listener: @escaping @Sendable () -> Void) {
        self.listener.withLock { $0 = listener }
    }
}
