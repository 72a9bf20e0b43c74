import RoostModel
import Testing

@testable import RoostEngines

/// The wait until a started server is ready, on a clock that takes no time.
@Suite struct ServerWaitTests {
    // MARK: Decision

    @Test(
        arguments: [
            (.healthy, .finish(.reached), .finish(.reached)),
            (.drifted([]), .finish(.reached), .finish(.reached)),
            (.closed, .finish(.reached), .open),
            (.starting("boots"), .goOn(reason: "boots"), .goOn(reason: "boots")),
            (.unhealthy("recovers"), .goOn(reason: "recovers"), .goOn(reason: "recovers")),
            (.lockedOut("denied"), .goOn(reason: "denied"), .goOn(reason: "denied")),
            (.unknown("no answer"), .goOn(reason: "no answer"), .goOn(reason: "no answer")),
            (nil, .finish(.ended), .finish(.ended)),
        ] as [(Health?, ServerWait.Step, ServerWait.Step)])
    func aProbeMeansThisForTheWait(
        _ health: Health?, _ answering: ServerWait.Step, _ open: ServerWait.Step
    ) {
        #expect(ServerWait.step(health, until: .answering) == answering)
        #expect(ServerWait.step(health, until: .open) == open)
    }

    // MARK: Loop

    /// The probes of a server in their order, the outcome of the wait, and the number of times the server was opened.
    /// The last probe repeats.
    @Test(
        arguments: [
            (.answering, [.starting("boots"), .closed, .healthy], .reached, 0),
            (.open, [.starting("boots"), .closed, .closed, .healthy], .reached, 2),
            (.open, [.unhealthy("recovers"), .healthy], .reached, 0),
            (.open, [.starting("boots"), nil, .healthy], .ended, 0),
            (.open, [.closed, nil], .ended, 1),
            (
                .answering, [.starting("boots"), .unknown("no answer")],
                .timedOut(last: .unknown("no answer"), reason: "no answer"), 0
            ),
            (.open, [.starting("boots"), .closed], .timedOut(last: .closed, reason: "boots"), 9),
            (.open, [.closed], .timedOut(last: .closed, reason: nil), 10),
        ] as [(ServerWait.Goal, [Health?], ServerWait.Outcome, Int)])
    func theWaitEndsAsItsProbesSay(
        _ goal: ServerWait.Goal, _ probes: [Health?], _ expected: ServerWait.Outcome, _ opened: Int
    ) async {
        var left = probes[...]
        var opens = 0
        let outcome = await ServerWait(until: goal, patience: .milliseconds(50)).run(on: StepClock()) {
            left.count > 1 ? left.removeFirst() : left.first ?? nil
        } open: {
            opens += 1
        }
        #expect(outcome == expected)
        #expect(opens == opened)
    }

    @Test func withoutPatienceTheServerIsNotAsked() async {
        let outcome = await ServerWait(until: .open, patience: .zero).run(on: StepClock()) { .healthy }
        #expect(outcome == .timedOut(last: nil, reason: nil))
    }

    @Test func aServerThatCannotBeOpenedEndsTheWait() async {
        let wait = ServerWait(until: .open, patience: .seconds(60))
        await #expect(throws: EngineError.notReachable("gone")) {
            try await wait.run(on: StepClock()) {
                .closed
            } open: { () async throws(EngineError) in
                throw .notReachable("gone")
            }
        }
    }

    @Test func aCancelledWaitEndsUnlessTheProbeDecides() async {
        func outcome(_ health: Health?) async -> ServerWait.Outcome {
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await ServerWait(until: .open, patience: .seconds(60)).run(on: StepClock()) { health }
            }.value
        }
        #expect(await outcome(.starting("boots")) == .cancelled)
        #expect(await outcome(.healthy) == .reached)
        #expect(await outcome(nil) == .ended)
    }
}
