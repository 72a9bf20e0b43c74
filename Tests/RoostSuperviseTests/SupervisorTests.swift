import Testing

@testable import RoostSupervise

/// Processes are started, restarted and ended.
@Suite struct SupervisorTests {
    private static func at(_ seconds: Double) -> Duration { .milliseconds(Int(seconds * 1000)) }

    @Test func startsEachProcessOnce() {
        var supervisor = Supervisor(names: ["web", "worker"])
        #expect(supervisor.handle(.tick, now: .zero) == [.start(0), .start(1)])
        #expect(supervisor.handle(.tick, now: .zero) == [])
        #expect(supervisor.handle(.started(0), now: .zero) == [])
        #expect(supervisor.handle(.tick, now: Self.at(1)) == [])
        #expect(supervisor.pause(now: Self.at(1)) == nil, "nothing is to be done until something happens")
    }

    @Test func startsAgainAtOnceAndThenAfterGrowingPauses() {
        var supervisor = Supervisor(names: ["web"])
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<10 {
            #expect(supervisor.handle(.tick, now: now) == [.start(0)])
            _ = supervisor.handle(.started(0), now: now)
            #expect(supervisor.handle(.ended(0, how: "exit status 1"), now: now) == [])
            let pause = supervisor.pause(now: now) ?? .zero
            if pause > .zero { #expect(supervisor.handle(.tick, now: now) == [], "not before its time") }
            pauses.append(pause)
            now += pause
        }
        #expect(pauses.prefix(4) == [.zero, .milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == Supervisor.longestPause)
        #expect(supervisor.children[0].failures == 10)
        #expect(supervisor.children[0].lastEnd == "exit status 1")
    }

    @Test func forgivesALongRun() {
        var supervisor = Supervisor(names: ["web"])
        for _ in 0..<5 {
            _ = supervisor.handle(.tick, now: Self.at(100))
            _ = supervisor.handle(.ended(0, how: "failed to start"), now: Self.at(100))
        }
        #expect(supervisor.handle(.tick, now: Self.at(200)) == [.start(0)])
        _ = supervisor.handle(.started(0), now: Self.at(200))
        _ = supervisor.handle(.ended(0, how: "signal 9"), now: Self.at(210))
        #expect(supervisor.children[0].failures == 1)
        #expect(supervisor.handle(.tick, now: Self.at(210)) == [.start(0)], "at once")
    }

    @Test func stopsAllAndEndsWithTheLast() {
        var supervisor = Supervisor(names: ["web", "worker", "resting"])
        _ = supervisor.handle(.tick, now: .zero)
        for index in 0..<3 { _ = supervisor.handle(.started(index), now: .zero) }
        for _ in 0..<2 { _ = supervisor.handle(.ended(2, how: "exit status 1"), now: .zero) }
        #expect(supervisor.handle(.stop, now: Self.at(1)) == [.terminate(0), .terminate(1)])
        #expect(supervisor.handle(.stop, now: Self.at(1)) == [], "asked twice")
        #expect(supervisor.handle(.ended(1, how: "exit status 0"), now: Self.at(2)) == [])
        #expect(supervisor.handle(.tick, now: Self.at(3)) == [], "nothing is started any more")
        #expect(supervisor.handle(.ended(0, how: "signal 15"), now: Self.at(4)) == [.finish])
    }

    @Test func killsWhoTakesTooLong() {
        var supervisor = Supervisor(names: ["web", "worker"])
        _ = supervisor.handle(.tick, now: .zero)
        for index in 0..<2 { _ = supervisor.handle(.started(index), now: .zero) }
        _ = supervisor.handle(.stop, now: Self.at(5))
        _ = supervisor.handle(.ended(0, how: "exit status 0"), now: Self.at(6))
        #expect(supervisor.pause(now: Self.at(6)) == Supervisor.patience - .seconds(1))
        let late = Self.at(5) + Supervisor.patience
        #expect(supervisor.handle(.tick, now: late) == [.kill(1)])
        #expect(supervisor.handle(.tick, now: late + .seconds(1)) == [], "once")
        #expect(supervisor.handle(.ended(1, how: "signal 9"), now: late + .seconds(1)) == [.finish])
    }

    @Test func aStopReachesAProcessThatWasJustBeingStarted() {
        var supervisor = Supervisor(names: ["web"])
        #expect(supervisor.handle(.tick, now: .zero) == [.start(0)])
        #expect(supervisor.handle(.stop, now: .zero) == [])
        #expect(supervisor.handle(.started(0), now: .zero) == [.terminate(0)])
        #expect(supervisor.handle(.ended(0, how: "signal 15"), now: .zero) == [.finish])
    }

    @Test func aStopBeforeAnythingRanEndsAtOnce() {
        var supervisor = Supervisor(names: ["web"])
        #expect(supervisor.handle(.stop, now: .zero) == [.finish])
        var empty = Supervisor(names: [])
        #expect(empty.handle(.stop, now: .zero) == [.finish])
    }
}
