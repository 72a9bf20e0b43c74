import NIOPosix

/// Threads that wait for database servers, so that threads of the concurrency pool never block.
package struct AdministrationThreads: Sendable {
    /// Serves 16 hung servers at a time; a further probe waits for a thread, at most for their timeouts.
    private static let shared = AdministrationThreads(ordinary: 16, takeover: 4)

    @TaskLocal private static var isTakeover = false

    private let ordinary: NIOThreadPool
    /// For the queries that change which server takes writes: hung probes of other servers do not fill these threads.
    private let takeover: NIOThreadPool

    init(ordinary: Int, takeover: Int) {
        self.ordinary = NIOThreadPool(numberOfThreads: ordinary)
        self.takeover = NIOThreadPool(numberOfThreads: takeover)
        self.ordinary.start()
        self.takeover.start()
    }

    static func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        try await shared.run(work)
    }

    func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        try await (Self.isTakeover ? takeover : ordinary).runIfActive {
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

    /// Ends the threads.
    func stop() async throws {
        try await ordinary.shutdownGracefully()
        try await takeover.shutdownGracefully()
    }
}
