import NIOPosix

/// Threads that wait for database servers, so that threads of the concurrency pool never block.
package enum AdministrationThreads {
    /// Serves 16 hung servers at a time; a further probe waits for a thread, at most for their timeouts.
    private static let ordinary = threads(16)
    /// For the queries that change which server takes writes: hung probes of other servers do not fill these threads.
    private static let takeover = threads(4)

    @TaskLocal private static var isTakeover = false

    private static func threads(_ count: Int) -> NIOThreadPool {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        return pool
    }

    static func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        try await (isTakeover ? takeover : ordinary).runIfActive {
            do throws(Fault) { return .success(try work()) } catch { return .failure(error) }
        }
    }

    /// Runs the queries of `work` on the threads of takeovers.
    package static func takingOver<Fault: Error>(_ work: () async throws(Fault) -> Void) async throws(Fault) {
        let result: Result<Void, Fault> = await $isTakeover.withValue(true) {
            do throws(Fault) {
                try await work()
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }
}
