import Foundation
import RoostModel
import Testing

/// The protocol between roostd and the router, and the callers that roostd accepts.
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

    /// An older router reads the first of several servers, and ignores the fence.
    @Test func aRouteWithSeveralServersAndAFenceIsReadBack() throws {
        let first = Route.Backend(host: "127.0.0.1", port: try Samples.port(30000))
        let second = Route.Backend(host: "127.0.0.1", port: try Samples.port(30001))
        let route = Route(
            name: "ramen/data/read", purpose: .read, wire: "mysql", reach: .loopback, port: try Samples.port(21001),
            backend: first, others: [.init(second, weight: 3)], gate: .open, epoch: 3, fence: 4)
        let data = try JSON.encode(route)
        #expect(try JSON.decode(Route.self, from: data) == route)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"backend":{"host":"127.0.0.1","port":30000},"backends":[{"backend":{"host":"127.0.0.1","#
                + #""port":30000},"weight":1},{"backend":{"host":"127.0.0.1","port":30001},"weight":3}],"epoch":3,"#
                + #""fence":4,"gate":"open","name":"ramen/data/read","port":21001,"purpose":"read","reach":"loopback","#
                + #""wire":"mysql"}"#)
        #expect(route.effectiveGate == .held, "its epoch is behind the fence")
    }

    @Test func everyRequestIsOneLineAndIsReadBack() throws {
        let change = RoutingChange(from: 6, revision: 7, set: try table().routes, removed: ["ramen/more"])
        for request in [RouterRequest.apply(try table()), .change(change), .status, .takeOver, .shutDown] {
            let data = try JSON.encode(request)
            #expect(!data.contains(UInt8(ascii: "\n")))
            #expect(try JSON.decode(RouterRequest.self, from: data) == request)
        }
    }

    // MARK: The first version of the protocol, as it was recorded

    private static let recordedTable =
        #"{"revision":7,"routes":[{"backend":{"host":"127.0.0.1","port":30000},"epoch":3,"gate":"held","#
        + #""name":"ramen/data","port":21000,"purpose":"primary","reach":"loopback","wire":"mysql"}]}"#

    /// Requests as an older roostd sends them, and as today's roostd sends them to an older router.
    @Test func requestsOfTheFirstVersionAreReadAndWrittenAsTheyWere() throws {
        let recorded: [(RouterRequest, String)] = [
            (.apply(try table()), #"{"apply":{"_0":\#(Self.recordedTable)}}"#), (.status, #"{"status":{}}"#),
            (.takeOver, #"{"take_over":{}}"#), (.shutDown, #"{"shut_down":{}}"#),
        ]
        for (request, line) in recorded {
            #expect(try JSON.decode(RouterRequest.self, from: Data(line.utf8)) == request)
            #expect(String(decoding: try JSON.encode(request), as: UTF8.self) == line)
        }
    }

    /// The reply of an older router.
    @Test func aReplyOfTheFirstVersionIsRead() throws {
        let line =
            #"{"pid":42,"refusal":"route ramen/data stays at epoch 3: the table has epoch 2","revision":7,"routes":["#
            + #"{"name":"ramen/data","open_connections":1,"refused_connections":4,"total_connections":3,"#
            + #""waiting_connections":2}],"version":"0.1.0"}"#
        let reply = try JSON.decode(RouterReply.self, from: Data(line.utf8))
        #expect(reply.protocolVersion == nil && reply.refusals == nil && reply.isOutOfStep == nil)
        #expect(reply.refusal == "route ramen/data stays at epoch 3: the table has epoch 2")
        #expect(reply.routes.map(\.openConnections) == [1])
    }

    /// An older roostd reads the reply of today's router and ignores the fields that it does not know.
    @Test func aReplyOfNowHasAllThatTheFirstVersionHad() throws {
        struct FirstReply: Decodable {
            let pid: Int32
            let version: String
            let revision: UInt64
            let refusal: String?
            let routes: [RouteStatus]
        }
        let reply = RouterReply(
            pid: 42, version: "1", revision: 7, refusal: "route a has no port", routes: [], protocolVersion: 2,
            refusals: [RouteRefusal(name: "a", reason: "route a has no port")], isOutOfStep: true)
        let read = try JSON.decode(FirstReply.self, from: JSON.encode(reply))
        #expect(read.revision == 7 && read.refusal == "route a has no port")
    }

    @Test func aDifferenceMakesTheNextTable() throws {
        let (old, port) = (try table(), try Samples.port(21001))
        let more = Route(
            name: "ramen/more", purpose: .primary, wire: "redis", reach: .loopback, port: port,
            backend: .init(host: "127.0.0.1", port: port), gate: .open, epoch: 1)
        let added = RoutingChange(from: 7, revision: 8, set: [more], removed: []).applied(to: old)
        #expect(added == RoutingTable(revision: 8, routes: old.routes + [more]))
        let changed = RoutingChange(from: 8, revision: 9, set: old.routes, removed: ["ramen/more"]).applied(to: added)
        #expect(changed == RoutingTable(revision: 9, routes: old.routes))
    }

    @Test func aReplyIsReadBack() throws {
        let reply = RouterReply(
            pid: 42, version: "1", revision: 7, refusal: "lower revision",
            routes: [
                RouteStatus(
                    name: "ramen/data", listenError: nil, openConnections: 1, waitingConnections: 2,
                    totalConnections: 3, refusedConnections: 4),
                RouteStatus(
                    name: "ramen/data/read", listenError: nil, openConnections: 1, waitingConnections: 0,
                    totalConnections: 1, refusedConnections: 0,
                    busyBackends: [
                        .init(.init(host: "127.0.0.1", port: try Samples.port(31001)), openConnections: 1)
                    ]),
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
