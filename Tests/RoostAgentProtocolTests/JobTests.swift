import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostAgentProtocol

/// A job that counts to a number.
private struct Count: AgentJob, Equatable {
    typealias Result = Int
    static let name = "count"

    let to: Int
}

@Suite(.timeLimit(.minutes(1))) struct JobTests {
    /// An agent whose jobs run `work`; `starts` counts how often a job was begun.
    private func agent(
        on board: JobBoard, lossEvery: Int = 0, isDoubling: Bool = false, starts: Counter = Counter(),
        _ work: @escaping @Sendable (Count, JobLog) async throws -> Int = JobTests.counting
    ) -> PlainAgent {
        PlainAgent(lossEvery: lossEvery, isDoubling: isDoubling) { calls in
            calls.onJobs(of: board)
            calls.on(job: Count.self, at: board) { job, log in
                starts.count()
                return try await work(job, log)
            }
        }
    }

    private static let counting: @Sendable (Count, JobLog) async throws -> Int = { job, log in
        for number in 1...job.to { await log.tell(.output(line: "\(number)")) }
        log.show(JobProgress(text: "all"))
        return job.to
    }

    @Test func tellsAllInOrderAndThenItsResult() async throws {
        let told = Mutex<[JobNews]>([])
        let result = try await agent(on: JobBoard()).run(Count(to: 3)) { news in told.withLock { $0.append(news) } }
        #expect(result == 3)
        let lines = told.withLock { $0 }.compactMap { news -> String? in
            if case .note(.output(let line)) = news { line } else { nil }
        }
        #expect(lines == ["1", "2", "3"])
    }

    /// The job makes many more notes than are held: it waits for its follower, and no note is lost or told twice.
    @Test(arguments: [(0, false), (3, false), (0, true), (2, true)])
    func nothingIsLostOrDoneTwice(lossEvery: Int, isDoubling: Bool) async throws {
        let starts = Counter()
        let told = Mutex<[String]>([])
        let agent = agent(on: JobBoard(), lossEvery: lossEvery, isDoubling: isDoubling, starts: starts)
        let result = try await agent.run(Count(to: 2000)) { news in
            if case .note(.output(let line)) = news { told.withLock { $0.append(line) } }
        }
        #expect(result == 2000 && starts.value == 1)
        #expect(told.withLock { $0 } == (1...2000).map { "\($0)" })
    }

    @Test func aFailureIsTheProblemThatItWas() async {
        let agent = agent(on: JobBoard()) { _, _ in throw Problem(.diskFull, "no room", next: ["free some"]) }
        await #expect(throws: Problem(.diskFull, "no room", next: ["free some"])) { try await agent.run(Count(to: 1)) }
    }

    /// The caller goes on when the work has ended, not when the work was told to end.
    @Test func aCancelledJobIsFollowedToItsEnd() async throws {
        let hasEnded = Mutex(false)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let agent = agent(on: JobBoard()) { _, _ in
            begin.finish()
            // The sleep ends by cancellation alone.
            try? await Task.sleep(for: .seconds(3600))
            hasEnded.withLock { $0 = true }
            throw Problem(.failed, "it was ended")
        }
        let run = Task { try await agent.run(Count(to: 1)) }
        for await _ in begun {}
        run.cancel()
        await #expect(throws: Problem(.failed, "it was ended")) { try await run.value }
        #expect(hasEnded.withLock { $0 })
    }

    /// A job that is cancelled at once does not begin, whichever message arrives first.
    @Test func aCancellationThatOvertakesItsStartCounts() async throws {
        let (board, starts) = (JobBoard(), Counter())
        let agent = agent(on: board, starts: starts)
        _ = try await agent.call(CancelJob(id: "j1"))
        await #expect(throws: Problem.self) { try await agent.run(Count(to: 1), id: "j1") }
        let run = Task {
            // The sleep ends by cancellation alone.
            try? await Task.sleep(for: .seconds(3600))
            return try await agent.run(Count(to: 1))
        }
        run.cancel()
        await #expect(throws: Problem(.failed, "it was cancelled")) { try await run.value }
        #expect(starts.value == 0)
    }

    @Test func aBoardThatStopsEndsItsJobsAndTakesNoOther() async throws {
        let board = JobBoard()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let agent = agent(on: board) { _, _ in
            begin.finish()
            try await Task.sleep(for: .seconds(3600))
            return 0
        }
        let run = Task { try await agent.run(Count(to: 1)) }
        for await _ in begun {}
        await board.stop()
        await #expect(throws: Problem.self) { try await run.value }
        let refused = await #expect(throws: Problem.self) { try await agent.run(Count(to: 1)) }
        #expect(refused?.code == .serviceUnavailable)
    }

    @Test func aJobThatNobodyKnowsIsAnError() async {
        let agent = agent(on: JobBoard())
        let problem = await #expect(throws: Problem.self) { try await agent.call(FollowJob<Count>(id: "x", seen: 0)) }
        #expect(problem?.code == .operationNotFound)
    }
}

final class Counter: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func count() { number.withLock { $0 += 1 } }
}
