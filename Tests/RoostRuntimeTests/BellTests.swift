import Testing

@testable import RoostRuntime

@Suite(.timeLimit(.minutes(1)))
struct BellTests {
    @Test func aRingEndsASleepAlsoOneThatCameBefore() async {
        let bell = Bell()
        bell.ring()
        await bell.sleep(.seconds(3600))
        async let sleeping: Void = bell.sleep(.seconds(3600))
        bell.ring()
        await sleeping
    }

    /// The next sleep after one that ran out is a sleep again.
    @Test func sleepsAsLongAsItShouldEachTime() async {
        let bell = Bell()
        let started = ContinuousClock.now
        for _ in 0..<5 { await bell.sleep(.milliseconds(20)) }
        #expect(started.duration(to: .now) >= .milliseconds(100))
    }

    @Test func aCancelledSleeperWakes() async {
        let bell = Bell()
        let sleeper = Task { await bell.sleep(.seconds(3600)) }
        sleeper.cancel()
        await sleeper.value
    }
}
