import NIOPosix

/// Threads that wait for database servers, so that threads of the concurrency pool never block.
package struct AdministrationThreads: Sendable {
    /// The kinds of work that do not wait for each other's threads.
    package enum Purpose: CaseIterable, Sendable {
        case ordinary
        /// Questions whether a server answers: a missing answer is evidence, so a question never waits for slow work.
        case look
        /// The queries that change which server takes writes.
        case takeover

        /// Threads of a running Roost. Hung servers hold one each, at most for a connection's timeouts.
        fileprivate var threads: Int {
            switch self {
            case .ordinary, .look: 16
            case .takeover: 4
            }
        }
    }

    private static let shared = AdministrationThreads(\.threads)

    @TaskLocal private static var purpose = Purpose.ordinary

    private let pools: [Purpose: NIOThreadPool]

    init(_ threads: (Purpose) -> Int) {
        pools = Dictionary(
            uniqueKeysWithValues: Purpose.allCases.map { ($0, NIOThreadPool(numberOfThreads: threads($0))) })
        for pool in pools.values { pool.start() }
    }

    static func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        try await shared.run(work)
    }

    func run<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async throws -> Result<Value, Fault> {
        guard let pool = pools[Self.purpose] else { preconditionFailure("every purpose has a pool") }
        return try await pool.runIfActive {
            do throws(Fault) { return .success(try work()) } catch { return .failure(error) }
        }
    }

    /// Runs the queries of `work` on the threads of that purpose.
    package static func with<Value: Sendable, Fault: Error>(
        _ purpose: Purpose, _ work: () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        let result: Result<Value, Fault> = await $purpose.withValue(purpose) {
            do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Ends the threads.
    func stop() async throws {
        for pool in pools.values { try await pool.shutdownGracefully() }
    }
}
