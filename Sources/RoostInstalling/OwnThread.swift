import Foundation

/// Runs blocking disk work on a thread of its own. Builds are added rarely, and one at a time per family: their
/// threads cost nothing, and block no thread pool that instances need.
package enum OwnThread {
    package static func run<Value: Sendable>(
        _ stop: StopSign = StopSign(), _ work: @escaping @Sendable () throws(InstallError) -> Value
    ) async throws(InstallError) -> Value {
        let result: Result<Value, InstallError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    do throws(InstallError) {
                        continuation.resume(returning: .success(try work()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            }
        } onCancel: {
            stop.set()
        }
        return try result.get()
    }
}
