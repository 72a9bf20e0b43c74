import Testing

@testable import RoostAgent

/// Number of directories that are made ahead.
@Suite struct ReadyStockTests {
    private let now = ContinuousClock.now

    @Test func onePushAtATimeChangesNothing() {
        var stock = ReadyStock(usual: 2)
        for _ in 0..<10 { stock.take(leaving: 1, at: now) }
        #expect(stock.wanted(at: now) == 2)
    }

    @Test func aBurstIsFollowedByMoreAndForgottenLater() {
        var stock = ReadyStock(usual: 2)
        stock.take(leaving: 0, at: now)
        #expect(stock.wanted(at: now) == 4)
        stock.take(leaving: 0, at: now)
        stock.take(leaving: 0, at: now)
        #expect(stock.wanted(at: now) == 8, "at most four times the usual")
        #expect(stock.wanted(at: now + .seconds(899)) == 8)
        #expect(stock.wanted(at: now + .seconds(901)) == 2)
        stock.take(leaving: 0, at: now + .seconds(901))
        #expect(stock.wanted(at: now + .seconds(901)) == 4)
    }

    @Test func whoWantsNoneGetsNone() {
        var stock = ReadyStock(usual: 0)
        stock.take(leaving: 0, at: now)
        #expect(stock.wanted(at: now) == 0)
    }

    @Test func theNextPushIsNotKeptWaiting() {
        #expect(ReadyStock.pause(leaving: 0) < ReadyStock.pause(leaving: 1))
    }
}
