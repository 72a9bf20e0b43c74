import Foundation
import Testing

@testable import RoostEngines

@Suite struct AdministrationThreadsTests {
    /// Sixteen probes that hang hold all ordinary threads, and a takeover goes on.
    @Test(.timeLimit(.minutes(1)))
    func aTakeoverDoesNotWaitForHungProbes() async throws {
        let hung = DispatchSemaphore(value: 0)
        let began = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    _ = try await AdministrationThreads.run { () throws(EngineError) in
                        began.signal()
                        hung.wait()
                    }
                }
            }
            // Off the concurrency pool, because it blocks until every ordinary thread is held.
            await withCheckedContinuation { held in
                Thread.detachNewThread {
                    for _ in 0..<16 { began.wait() }
                    held.resume()
                }
            }
            var answer = 0
            try await AdministrationThreads.takingOver { () async throws(EngineError) in
                // A pool that ends throws; it never does here.
                answer = (try? await AdministrationThreads.run { () throws(EngineError) in 42 })?.success ?? 0
            }
            #expect(answer == 42)
            for _ in 0..<16 { hung.signal() }
            try await group.waitForAll()
        }
    }
}

extension Result {
    fileprivate var success: Success? { if case .success(let value) = self { value } else { nil } }
}
