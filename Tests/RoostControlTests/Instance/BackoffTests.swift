import Testing

@testable import RoostControl

@Suite struct BackoffTests {
    @Test(arguments: [
        (0, Duration.zero), (1, .zero), (2, .milliseconds(250)), (3, .milliseconds(500)), (4, .seconds(1)),
        (9, .seconds(30)), (100_000, .seconds(30)),
    ])
    func doublesFromTheSecondFailureUpToItsLimit(failures: Int, delay: Duration) {
        #expect(Backoff().delay(afterFailures: failures) == delay)
    }

    @Test func remainingTimeRunsOut() {
        let now = ContinuousClock.now
        var failures = FailureRecord()
        #expect(Backoff().remaining(failures, now: now) == .zero)
        for _ in 0..<3 { failures.add("failed", at: now) }
        #expect(Backoff().remaining(failures, now: now + .milliseconds(100)) == .milliseconds(400))
        #expect(Backoff().remaining(failures, now: now + .seconds(5)) == .zero)
        failures.clear()
        #expect(failures.count == 0)
    }
}
