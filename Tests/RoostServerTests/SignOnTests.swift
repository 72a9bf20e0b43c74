import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// Failed sign-ons are counted, and the host's name is checked.
@Suite struct SignOnTests {
    static let start = ContinuousClock.now

    @Test func anAddressMayFailTwentyTimesAndThenOnceInThreeSeconds() {
        var budget = FailureBudget()
        for _ in 0..<20 {
            #expect(budget.wait(for: "192.0.2.1", now: Self.start) == nil)
            budget.record("192.0.2.1", now: Self.start)
        }
        #expect(budget.wait(for: "192.0.2.1", now: Self.start) == 3)
        #expect(budget.wait(for: "192.0.2.2", now: Self.start) == nil)
        #expect(budget.wait(for: "192.0.2.1", now: Self.start + .seconds(1)) == 2)
        #expect(budget.wait(for: "192.0.2.1", now: Self.start + .seconds(3)) == nil)
        budget.record("192.0.2.1", now: Self.start + .seconds(3))
        #expect(budget.wait(for: "192.0.2.1", now: Self.start + .seconds(3)) == 3)
        #expect(budget.wait(for: "192.0.2.1", now: Self.start + .seconds(63)) == nil)
    }

    @Test func oneNetworkOfIPv6IsOneCaller() {
        var budget = FailureBudget()
        for last in 0..<20 { budget.record("2001:db8:1:2::\(last)", now: Self.start) }
        #expect(budget.wait(for: "2001:db8:1:2:ffff::1", now: Self.start) != nil)
        #expect(budget.wait(for: "2001:db8:1:3::1", now: Self.start) == nil)
    }

    @Test func theMemoryOfFailuresIsBoundedAndKeepsTheWorst() {
        var budget = FailureBudget()
        for _ in 0..<20 { budget.record("192.0.2.1", now: Self.start) }
        for number in 0..<5000 { budget.record("10.0.\(number / 256).\(number % 256)", now: Self.start) }
        #expect(budget.addressCount <= FailureBudget.addressLimit)
        #expect(budget.wait(for: "192.0.2.1", now: Self.start) != nil)
    }

    @Test func whoFailsTooOftenIsToldToWait() async throws {
        let bench = try Bench()
        for _ in 0..<20 {
            #expect(try await bench.send(.get, Paths.applications, token: "wrong").status == .unauthorized)
        }
        let response = try await bench.send(.get, Paths.applications, token: "wrong")
        #expect(response.status == .tooManyRequests)
        #expect(Int(response.headers[.retryAfter] ?? "") != nil)
        #expect(try response.problem().code == .unauthorized)
        #expect(try await bench.send(.get, "/sign-in?code=guess", at: .network).status == .tooManyRequests)
        // The Unix socket has no such door.
        #expect(try await bench.send(.get, Paths.applications).status == .ok)
    }

    @Test(arguments: [
        ("localhost", true), ("localhost:5080", true), ("LOCALHOST", true), ("127.0.0.1:5080", true),
        ("192.0.2.7", true), ("[::1]:5080", true), ("[2001:db8::1]", true), ("db.example.com", true),
        ("DB.example.com:80", true), ("roost.internal:5080", true),
        ("evil.example.com", false), ("", false), ("localhost.evil.com", false), ("127.0.0.1.evil.com", false),
        ("db.example.com.evil.com", false), ("[::1", false), ("[evil]", false), ("1.2.3", false),
    ])
    func onlyKnownNamesAreAnswered(authority: String, isAllowed: Bool) {
        let settings = ServerSettings(
            socketPath: "/nowhere", listen: ("roost.internal", 5080), allowedHosts: ["DB.example.com"], version: "1")
        #expect(AllowedHosts(settings).allow(authority) == isAllowed)
    }
}
