import Foundation
import RoostModel
import Testing

/// What roostd and the router say to each other, and who may say what to roostd.
struct RoutingTests {
    private func table() throws -> RoutingTable {
        RoutingTable(
            revision: 7,
            routes: [
                Route(
                    name: "ramen/data", purpose: .primary, wire: "mysql", reach: .loopback,
                    port: try Samples.port(21000),
                    backend: .init(host: "127.0.0.1", port: try Samples.port(30000)), gate: .held, epoch: 3)
            ])
    }

    @Test func aTableIsReadBackAsItWasWritten() throws {
        let table = try table()
        let data = try JSON.encode(table)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"revision":7,"routes":[{"backend":{"host":"127.0.0.1","port":30000},"epoch":3,"gate":"held","#
                + #""name":"ramen/data","port":21000,"purpose":"primary","reach":"loopback","wire":"mysql"}]}"#)
        #expect(try JSON.decode(RoutingTable.self, from: data) == table)
    }

    @Test func everyRequestIsOneLineAndIsReadBack() throws {
        for request in [RouterRequest.apply(try table()), .status, .takeOver, .shutDown] {
            let data = try JSON.encode(request)
            #expect(!data.contains(UInt8(ascii: "\n")))
            #expect(try JSON.decode(RouterRequest.self, from: data) == request)
        }
    }

    @Test func aReplyIsReadBack() throws {
        let reply = RouterReply(
            pid: 42, version: "1", revision: 7, refusal: "lower revision",
            routes: [
                RouteStatus(
                    name: "ramen/data", listenError: nil, openConnections: 1, waitingConnections: 2,
                    totalConnections: 3, refusedConnections: 4)
            ])
        #expect(try JSON.decode(RouterReply.self, from: JSON.encode(reply)) == reply)
    }

    @Test(arguments: ["admin", "read", "app:ramen"])
    func aScopeIsReadAndWritten(_ scope: String) throws {
        let access = try #require(Access(scope: scope))
        #expect(access.scope == scope)
        #expect(try JSON.decode([Access].self, from: JSON.encode([access])) == [access])
    }

    @Test(arguments: ["", "Admin", "app:", "app:Ramen", "app:../x", "app:a,admin", "admin ", "write", "ramen"])
    func noOtherScopeIsTaken(_ scope: String) {
        #expect(Access(scope: scope) == nil)
    }
}
