import RoostModel
import Testing

@testable import RoostControl

/// How far a replica is behind, and what it lacks of a primary that ended, by the primary's earlier positions.
struct PositionHistoryTests {
    private static let start = ContinuousClock.now

    private static func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private static func position(_ offset: Int64, _ history: String = "a") -> Position {
        .redis(history: history, offset: offset)
    }

    private static func history(_ samples: [(seconds: Double, offset: Int64)]) -> PositionHistory {
        var history = PositionHistory()
        for sample in samples { history.note(position(sample.offset), now: after(sample.seconds)) }
        return history
    }

    struct Lag: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The primary's offset, and when it was read.
        let samples: [(seconds: Double, offset: Int64)]
        let replica: Position
        var silence: Double? = 0
        let now: Double
        let lag: Double?

        init(
            _ name: String, _ samples: [(Double, Int64)], replica: Position, silence: Double? = 0, now: Double,
            lag: Double?
        ) {
            testDescription = name
            self.samples = samples.map { (seconds: $0.0, offset: $0.1) }
            self.replica = replica
            self.silence = silence
            self.now = now
            self.lag = lag
        }
    }

    private static let writing: [(Double, Int64)] = [(0, 100), (2, 200), (4, 300), (6, 400)]

    static let lags: [Lag] = [
        Lag("it has the newest position", writing, replica: position(400), now: 7, lag: 0),
        Lag("it has more than was read of the primary", writing, replica: position(450), now: 7, lag: 0),
        Lag("it lacks what was there at the last look", writing, replica: position(399), now: 7, lag: 1),
        Lag("it lacks what was there at an earlier look", writing, replica: position(200), now: 7, lag: 3),
        Lag("it lacks all that is known", writing, replica: position(1), now: 7, lag: 7),
        Lag(
            "it lacks a write of an idle primary since that was written",
            [(0, 100), (2, 100), (1000, 100), (1002, 200)],
            replica: position(100), now: 1003, lag: 1),
        Lag(
            "an idle primary, which nothing was heard from, and whose position it has", [(0, 100), (998, 100)],
            replica: position(100), silence: 900, now: 1000, lag: 2),
        Lag(
            "a primary that does not answer, and nothing was heard from", [(0, 100)], replica: position(100),
            silence: 9,
            now: 10, lag: 9),
        Lag("a replica of another history", writing, replica: position(400, "b"), silence: 3, now: 7, lag: 3),
        Lag("no position of the primary is known", [], replica: position(400), silence: 2, now: 7, lag: 2),
        Lag("nothing is known", [], replica: position(400), silence: nil, now: 7, lag: nil),
    ]

    @Test(arguments: lags)
    func theLagIsTheAgeOfTheOldestMissingWrite(_ sample: Lag) {
        let history = Self.history(sample.samples)
        let lag = history.secondsBehind(sample.replica, silence: sample.silence, now: Self.after(sample.now))
        #expect(lag == sample.lag)
    }

    static let losses: [(received: Position, lacking: Double?)] = [
        (position(400), 1), (position(500), 1), (position(399), 3), (position(100), 7), (position(99), nil),
        (position(400, "b"), nil),
    ]

    /// What was written after the newest position that the replica holds may be missing.
    @Test(arguments: losses)
    func theLossIsBoundByTheNewestPositionThatIsHeld(_ received: Position, _ lacking: Double?) {
        let ages = Self.history(Self.writing.map { (seconds: $0.0, offset: $0.1) }).ages(at: Self.after(7))
        #expect(ages.secondsLacking(received) == lacking)
    }

    @Test func otherDataBeginAnotherHistory() {
        var history = Self.history([(0, 100), (2, 200)])
        history.note(Self.position(150), now: Self.after(4))
        #expect(history.ages(at: Self.after(4)).map(\.position) == [Self.position(150)])
        history.note(Self.position(160, "b"), now: Self.after(6))
        #expect(history.ages(at: Self.after(6)).map(\.position) == [Self.position(160, "b")])
    }

    /// However long a replica has been behind, its lag is known within a small part of it.
    @Test func aLongHistoryIsBoundAndStillTellsALongLag() throws {
        var history = PositionHistory()
        for second in 0..<10_000 { history.note(Self.position(Int64(second)), now: Self.after(Double(second))) }
        let now = Self.after(10_000)
        #expect(history.ages(at: now).count <= 64)
        let short = try #require(history.secondsBehind(Self.position(9_989), silence: 0, now: now))
        #expect(short == 10)
        let long = try #require(history.secondsBehind(Self.position(0), silence: 0, now: now))
        #expect(long > 5_000 && long <= 10_000)
    }
}
