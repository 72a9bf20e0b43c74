import ServiceLifecycle

/// Background work of the daemon besides its requests. A stop of the daemon cancels the work and waits for its end.
package final class Background: ServiceLifecycle.Service {
    private let works: AsyncStream<@Sendable () async -> Void>
    private let work: AsyncStream<@Sendable () async -> Void>.Continuation

    package init() { (works, work) = AsyncStream.makeStream() }

    func add(_ body: @escaping @Sendable () async -> Void) { work.yield(body) }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for await body in works.cancelOnGracefulShutdown() { group.addTask { await body() } }
            group.cancelAll()
        }
    }
}
