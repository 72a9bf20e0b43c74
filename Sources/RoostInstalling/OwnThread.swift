import Foundation

/// A thread for work that blocks for as long as the disk takes. Builds are added now and then, one at a time a family: a
/// thread each costs nothing, and holds up no pool that instances need.
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
