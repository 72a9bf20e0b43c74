import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Testing

@testable import RoostServer

/// Requests put together at random: none may bring up an error inside, and every refusal has its JSON.
@Suite struct FuzzTests {
    /// SplitMix64, so that a failing seed can be run again.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }

        mutating func pick<Item>(_ items: [Item]) -> Item { items[Int(next() % UInt64(items.count))] }
    }

    static let words = [
        "ramen", "data", "data.0", "..", "%2e%2e", "%00", "%ff", "%", "a%20b", "ü", "root", "op1", "ci", "v1",
        "applications", "0", "-1", "99999999999999999999", "true", "ready", "1e400", "<b>", "'", "x", "",
    ]
    static let bodies = [
        "", "{}", "[]", "null", "{", "\"\"", "{\"a\":1}", "\u{0}", "\u{feff}{}", "{\"name\":null}", "{\"name\":\"x\"}",
        "{\"name\":\"x\",\"name\":\"y\"}", "{\"grace_seconds\":1e308}", "{\"grace_seconds\":1e999}",
        "{\"instance\":-9223372036854775809}", "{\"build_file\":\"\\ud800\",\"file_name\":\"\"}",
        String(repeating: "[", count: 5000), "{\"cpus\":-0.0}", "{\"arguments\":[1]}",
    ]

    @Test(arguments: 1...20)
    func noRequestBringsUpAnErrorInside(seed: UInt64) async throws {
        var dice = Dice(state: seed)
        let bench = try Bench()
        let routes = bench.api.routes.filter { $0.name != "GET /live" && $0.name != "GET /v1/events" }
        for _ in 0..<40 {
            let route = dice.pick(routes)
            var segments = route.examplePath.split(separator: "/").map(String.init)
            if dice.next() % 2 == 0, !segments.isEmpty {
                segments[Int(dice.next() % UInt64(segments.count))] = dice.pick(Self.words)
            }
            let names = route.query + ["x", "%zz", ""]
            let items = (0..<Int(dice.next() % 3)).map { _ in "\(dice.pick(names))=\(dice.pick(Self.words))" }
            let uri = "/" + segments.joined(separator: "/") + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
            if uri.hasPrefix(OperationEndpoints.events.template) || uri == "/live" || uri.contains("follow") {
                continue
            }
            let method = dice.pick([route.method, route.method, .get, .post, .put, .delete, .head])
            let body = dice.pick(Self.bodies)
            let response = try await bench.send(
                method, uri, body: body, token: dice.pick([nil, "admin-token", "ramen-token", "read-token"]))
            let what = "seed \(seed): \(method) \(uri) \(body.prefix(80))"
            #expect(response.status != .internalServerError, "\(what): \(response.text)")
            if response.status.code >= 400, method != .head, response.headers[.contentType]?.contains("html") != true {
                #expect(throws: Never.self, "\(what)") { try response.problem() }
            }
        }
    }
}
