import NIOCore
import RoostModel
import Synchronization
import Testing

/// Clients that connect, exchange a message and end, again and again. A refused or cut connection fails the test.
final class Hammer: Sendable {
    private let isOver = Mutex(false)
    private let active = Mutex(0)

    static func with(_ clients: Int, at port: PortNumber, _ body: (Hammer) async throws -> Void) async throws {
        let hammer = Hammer()
        hammer.active.withLock { $0 = clients }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients { group.addTask { try await hammer.strike(port) } }
            do {
                try await body(hammer)
                try await hammer.rest()
            } catch {
                hammer.isOver.withLock { $0 = true }
                throw error
            }
            try await group.waitForAll()
        }
    }

    /// Returns once no client is connected any more.
    func rest() async throws {
        isOver.withLock { $0 = true }
        while active.withLock({ $0 > 0 }) { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func strike(_ port: PortNumber) async throws {
        defer { active.withLock { $0 -= 1 } }
        while !isOver.withLock({ $0 }) { try await TestClient.expect("blow", for: "blow", at: port) }
    }
}
