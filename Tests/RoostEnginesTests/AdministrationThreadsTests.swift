import Dispatch
import Testing

@testable import RoostEngines

@Suite struct AdministrationThreadsTests {
    /// Slow work holds the only ordinary thread; a look and a takeover go on.
    @Test(.timeLimit(.minutes(1)), arguments: [AdministrationThreads.Purpose.look, .takeover])
    func otherPurposesDoNotWaitForSlowWork(_ purpose: AdministrationThreads.Purpose) async throws {
        let threads = AdministrationThreads { _ in 1 }
        let slow = DispatchSemaphore(value: 0)
        let (began, isBegun) = AsyncStream<Void>.makeStream()
        async let work: Result<Void, EngineError> = threads.run { () throws(EngineError) in
            isBegun.yield()
            slow.wait()
        }
        for await _ in began { break }
        let answer = await AdministrationThreads.with(purpose) { () async -> Int? in
            // A pool that has ended throws; this one runs.
            guard case .success(let value)? = try? await threads.run({ () throws(EngineError) in 42 }) else {
                return nil
            }
            return value
        }
        #expect(answer == 42)
        slow.signal()
        _ = try await work
        try await threads.stop()
    }
}
