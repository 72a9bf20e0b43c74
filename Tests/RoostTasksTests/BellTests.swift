import Testing

@testable import RoostTasks

@Suite(.timeLimit(.minutes(1)))
struct BellTests {
    @Test func aRingEndsASleepAlsoOneThatCameBefore() async {
        let bell = Bell()
        bell.ring()
        #expect(await bell.sleep(.seconds(3600)) == .rung)
        async let sleeping = bell.sleep(.seconds(3600))
        bell.ring()
        #expect(await sleeping == .rung)
    }

    /// The next sleep after one that ran out is a sleep again.
    @Test func sleepsAsLongAsItShouldEachTime() async {
        let bell = Bell()
        let started = ContinuousClock.now
        for _ in 0..<5 { #expect(await bell.sleep(.milliseconds(20)) == .timeOut) }
        #expect(started.duration(to: .now) >= .milliseconds(100))
    }

    @Test func aCancelledSleeperWakes() async {
        let bell = Bell()
        let sleeper = Task { await bell.sleep(.seconds(3600)) }
        sleeper.cancel()
        #expect(await sleeper.value == .rung)
    }

    @Test func noTimeAtAllIsOverAtOnce() async {
        let bell = Bell()
        for _ in 0..<1000 { #expect(await bell.sleep(.zero) == .timeOut) }
    }
}
