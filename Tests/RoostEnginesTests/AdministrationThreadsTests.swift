import Dispatch
import Testing

@testable import RoostEngines

@Suite struct AdministrationThreadsTests {
    /// A probe that hangs holds the only ordinary thread, and a takeover goes on.
    @Test(.timeLimit(.minutes(1)))
    func aTakeoverDoesNotWaitForHungProbes() async throws {
        let threads = AdministrationThreads(ordinary: 1, takeover: 1)
        let hung = DispatchSemaphore(value: 0)
        let (began, isBegun) = AsyncStream<Void>.makeStream()
        async let probe: Result<Void, EngineError> = threads.run { () throws(EngineError) in
            isBegun.yield()
            hung.wait()
        }
        for await _ in began { break }
        var answer = 0
        try await AdministrationThreads.takingOver { () async throws(EngineError) in
            // A pool that has ended throws; this one runs.
            if case .success(let value)? = try? await threads.run({ () throws(EngineError) in 42 }) { answer = value }
        }
        #expect(answer == 42)
        hung.signal()
        _ = try await probe
        try await threads.stop()
    }
}
