import Synchronization

/// How many sessions the process may carry, derived from the descriptors it may open. Reaching it is answered with an
/// error of the client's protocol; running out of descriptors could not be.
package final class Capacity: Sendable {
    package let total: Int
    /// No single route may take everything.
    package let perRoute: Int
    private let used = Atomic<Int>(0)
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)

    /// Some descriptors are set aside: for listeners, control connections, files, and sockets on their way out.
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

    /// Called each time when the last session has ended.
    func whenEmpty(_ listener: @escaping @Sendable () -> Void) {
        self.listener.withLock { $0 = listener }
    }
}
