import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
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
            #expect(
                try await bench.send(.get, ApplicationEndpoints.list.template, token: "wrong").status == .unauthorized)
        }
        let response = try await bench.send(.get, ApplicationEndpoints.list.template, token: "wrong")
        #expect(response.status == .tooManyRequests)
        #expect(Int(response.headers[.retryAfter] ?? "") != nil)
        #expect(try response.problem().code == .unauthorized)
        #expect(try await bench.send(.get, "/sign-in?code=guess", at: .network).status == .tooManyRequests)
        // Failures are limited, not callers: a valid token passes from the same address, on every way in.
        #expect(try await bench.send(.get, ApplicationEndpoints.list.template, token: "admin-token").status == .ok)
        let signedIn = try await bench.send(.post, "/sign-in", body: "token=admin-token", at: .network)
        #expect(signedIn.status == .seeOther)
        let (code, _) = try await bench.platform.makeSignInCode()
        #expect(try await bench.send(.get, "/sign-in?code=\(code)", at: .network).status == .seeOther)
        #expect(
            try await bench.send(.get, ApplicationEndpoints.list.template, token: "wrong").status == .tooManyRequests)
        // The Unix socket has no such limit.
        #expect(try await bench.send(.get, ApplicationEndpoints.list.template).status == .ok)
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

    // MARK: Pages of other sites

    /// Origin, Sec-Fetch-Site, Host; whether another site's page sent it, and whether it would as a link.
    static let sources: [(origin: String?, site: String?, host: String, isOther: Bool, isForeign: Bool)] = [
        // Requests without a browser, of an old browser that only reads, and of the page itself.
        (nil, nil, "localhost:5080", false, false), (nil, "same-origin", "localhost:5080", false, false),
        (nil, "none", "localhost:5080", false, false),
        ("http://localhost:5080", nil, "localhost:5080", false, false),
        ("http://LOCALHOST:5080", "same-origin", "localhost:5080", false, false),
        ("http://[::1]:5080", nil, "[::1]:5080", false, false),
        ("http://192.0.2.7", nil, "192.0.2.7:80", false, false),
        ("https://db.example.com", nil, "db.example.com", false, false),
        // A request behind a proxy that passes on its own Host.
        ("https://db.example.com", nil, "127.0.0.1:5080", false, false),
        ("null", "same-origin", "localhost:5080", false, false),
        // A link of another site, and what a page of another site sends.
        (nil, "cross-site", "localhost:5080", true, false), (nil, "same-site", "localhost:5080", true, false),
        ("http://evil.example.com", nil, "localhost:5080", true, true),
        ("http://evil.example.com", "same-origin", "localhost:5080", true, true),
        ("http://localhost:3000", nil, "localhost:5080", true, true),
        ("http://localhost", nil, "localhost:5080", true, true),
        ("http://192.0.2.8:5080", nil, "192.0.2.7:5080", true, true),
        ("http://db.example.com:8080", nil, "127.0.0.1:5080", true, true),
        ("http://db.example.com.evil.com", nil, "db.example.com", true, true),
        ("null", nil, "localhost:5080", true, true), ("null", "cross-site", "localhost:5080", true, true),
        ("", nil, "localhost:5080", true, true), ("localhost:5080", nil, "localhost:5080", true, true),
    ]

    @Test(arguments: sources)
    func aPageOfAnotherSiteIsKnown(
        _ row: (origin: String?, site: String?, host: String, isOther: Bool, isForeign: Bool)
    ) {
        let source = RequestSource(origin: row.origin, fetchSite: row.site, authority: row.host)
        #expect(source.isOtherSite(proxies: ["db.example.com"]) == row.isOther)
        #expect(source.isForeignOrigin(proxies: ["db.example.com"]) == row.isForeign)
    }

    @Test(arguments: [HTTPFields([.init(name: .origin, value: "http://evil.example.com")]), [.fetchSite: "cross-site"]])
    func aPageOfAnotherSiteCanCallNothing(headers: HTTPFields) async throws {
        let bench = try Bench()
        let response = try await bench.send(
            .post, ApplicationEndpoints.list.template, body: #"{"name":"evil"}"#, token: "admin-token", headers: headers
        )
        #expect(response.status == .forbidden)
        #expect(bench.platform.calls.isEmpty)
        let form = try await bench.send(.post, "/sign-in", body: "token=admin-token", headers: headers, at: .network)
        #expect(form.status == .forbidden && form.headers[.setCookie] == nil)
    }
}
