import Testing

@testable import RoostTasks

@Suite(.timeLimit(.minutes(1)))
struct WakeSignalTests {
    @Test func aRingEndsASleepAlsoOneThatCameBefore() async {
        let wakeSignal = WakeSignal()
        wakeSignal.ring()
        #expect(await wakeSignal.sleep(.seconds(3600)) == .rung)
        async let sleeping = wakeSignal.sleep(.seconds(3600))
        wakeSignal.ring()
        #expect(await sleeping == .rung)
    }

    /// The next sleep after one that ran out is a sleep again.
    @Test func sleepsAsLongAsItShouldEachTime() async {
        let wakeSignal = WakeSignal()
        let started = ContinuousClock.now
        for _ in 0..<5 { #expect(await wakeSignal.sleep(.milliseconds(20)) == .timeOut) }
        #expect(started.duration(to: .now) >= .milliseconds(100))
    }

    @Test func aCancelledSleeperWakes() async {
        let wakeSignal = WakeSignal()
        let sleeper = Task { await wakeSignal.sleep(.seconds(3600)) }
        sleeper.cancel()
        #expect(await sleeper.value == .rung)
    }

    @Test func noTimeAtAllIsOverAtOnce() async {
        let wakeSignal = WakeSignal()
        for _ in 0..<1000 { #expect(await wakeSignal.sleep(.zero) == .timeOut) }
    }
}
