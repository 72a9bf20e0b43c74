import Foundation

/// Runs work that blocks for long on a thread of its own: the concurrency runtime has no more threads than the
/// machine has cores, and other tests wait for them.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
