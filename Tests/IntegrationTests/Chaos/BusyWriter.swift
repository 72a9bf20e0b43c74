import Synchronization

/// Inserts one row after another over one connection until told to stop, and counts the acknowledged ones.
final class BusyWriter: Sendable {
    private let isOver = Mutex(false)

    func stop() { isOver.withLock { $0 = true } }

    /// Throws when the connection ended.
    func run(_ session: Session) async throws -> Int {
        var acknowledged = 0
        while !isOver.withLock({ $0 }) {
            try await session.query("insert into ledger (n) values (\(acknowledged + 1))")
            acknowledged += 1
        }
        return acknowledged
    }
}
