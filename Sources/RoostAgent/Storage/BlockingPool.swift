import NIOPosix
import RoostModel

/// Threads for work that blocks: files, large copies. The concurrency pool has as many threads as cores, and four
/// blocking calls on it would hold up every reconciler.
package struct BlockingPool: Sendable {
    private let threads: NIOThreadPool

    init(threads count: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
    }

    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws(HostFailure) -> Value {
        do {
            return try await threads.runIfActive(work)
        } catch let failure as HostFailure {
            throw failure
        } catch {
            throw HostFailure("\(error)")
        }
    }

    func stop() async {
        // Threads end when their work does; nothing can be done about a thread that does not.
        try? await threads.shutdownGracefully()
    }
}
