import Testing

@testable import RoostControl

@Suite struct ReplacementPaceTests {
    private var pace = ReplacementPace()
    private let start = ContinuousClock.now

    @Test mutating func aPrimaryIsReplacedAgainAfterAPause() {
        #expect(pace.mayReplace(start) && pace.mayKill(start))
        pace.note(.ended, start)
        #expect(!pace.mayReplace(start + .seconds(9)) && !pace.mayKill(start + .seconds(9)))
        #expect(pace.mayReplace(start + .seconds(10)) && pace.mayKill(start + .seconds(10)))
    }

    /// A primary that fails to start is replaced soon, however often the one before was killed.
    @Test mutating func killsInARowAreFurtherAndFurtherApart() {
        var now = start
        for pause in [10, 20, 40, 80, 160, 320, 600, 600] {
            pace.note(.hung, now)
            #expect(!pace.mayKill(now + .seconds(pause - 1)), "\(pause)")
            #expect(pace.mayKill(now + .seconds(pause)), "\(pause)")
            #expect(pace.mayReplace(now + .seconds(10)))
            now += .seconds(pause)
        }
    }

    @Test mutating func aPrimaryThatLivedLongBeginsAnew() {
        pace.note(.hung, start)
        pace.note(.hung, start + .seconds(10))
        pace.note(.hung, start + .seconds(2000))
        #expect(pace.mayKill(start + .seconds(2010)))
    }

    @Test(arguments: [Handover.Cause.requested(to: 1), .forced(to: nil, acceptsLoss: false), .interrupted])
    mutating func whatPeopleAskForDelaysNothing(_ cause: Handover.Cause) {
        pace.note(cause, start)
        #expect(pace.mayReplace(start) && pace.mayKill(start))
    }
}
