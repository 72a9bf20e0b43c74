import RoostControl
import RoostModel
import Testing

@testable import RoostControlPlane

/// Requests to the router, and the meaning of its answers: a refusal concerns one service alone.
@Suite struct RouteLedgerTests {
    private static let a = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "a"))
    private static let b = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "b"))

    private static func route(_ service: ServiceID, _ port: Int, epoch: UInt64 = 1, gate: Route.Gate = .open) -> Route {
        guard let number = PortNumber(port) else { preconditionFailure("\(port) is no port") }
        return Route(
            name: "\(service)", purpose: .primary, wire: "mysql", reach: .loopback, port: number,
            backend: .init(host: "127.0.0.1", port: number), gate: gate, epoch: epoch)
    }

    private static func hello(_ revision: UInt64, protocolVersion: Int? = RouterProtocol.newest) -> RouterReply {
        RouterReply(
            pid: 1, version: "1", revision: revision, refusal: nil, routes: [], protocolVersion: protocolVersion)
    }

    /// The answer of a current router that takes all but `refused`.
    private static func answer(_ revision: UInt64, refused: [String] = []) -> RouterReply {
        RouterReply(
            pid: 1, version: "1", revision: revision, refusal: refused.isEmpty ? nil : refused.joined(separator: "; "),
            routes: [], protocolVersion: RouterProtocol.newest,
            refusals: refused.map { RouteRefusal(name: $0, reason: "\($0) is fenced") })
    }

    private func ledger(protocolVersion: Int? = RouterProtocol.newest) -> RouteLedger {
        var ledger = RouteLedger()
        ledger.want([Self.route(Self.a, 2001)], of: Self.a)
        ledger.want([Self.route(Self.b, 2002)], of: Self.b)
        ledger.meet(Self.hello(7, protocolVersion: protocolVersion))
        return ledger
    }

    private func taken(by ledger: inout RouteLedger, refused: [String] = []) throws -> RouteLedger.Verdict {
        let sent = ledger
        _ = try #require(sent.request())
        return ledger.hear(Self.answer(sent.revision, refused: refused), sent: sent)
    }

    @Test func sendsTheWholeFirstAndDifferencesThen() throws {
        var ledger = ledger()
        let whole = RoutingTable(revision: 8, routes: [Self.route(Self.a, 2001), Self.route(Self.b, 2002)])
        #expect(ledger.request() == .apply(whole))
        #expect(try taken(by: &ledger) == .taken(refused: [:]))
        #expect(ledger.request() == nil)
        #expect(ledger.holds([Self.route(Self.a, 2001)], of: Self.a))

        let held = Self.route(Self.a, 2001, gate: .held)
        ledger.want([held], of: Self.a)
        ledger.want([], of: Self.b)
        #expect(ledger.request() == .change(.init(from: 8, revision: 10, set: [held], removed: ["ramen/b"])))
        #expect(try taken(by: &ledger) == .taken(refused: [:]))
        #expect(ledger.confirmed == [Self.a: [held]])
    }

    /// A store that is older than the router's table: one service is fenced, and all others go on.
    @Test func aRefusedRouteConcernsItsServiceAloneAndIsAskedForAgain() throws {
        var ledger = ledger()
        #expect(try taken(by: &ledger, refused: ["ramen/a"]) == .taken(refused: [Self.a: "ramen/a is fenced"]))
        #expect(ledger.confirmed == [Self.b: [Self.route(Self.b, 2002)]])
        let again = RoutingChange(from: 8, revision: 8, set: [Self.route(Self.a, 2001)], removed: [])
        #expect(ledger.request() == .change(again))
        #expect(try taken(by: &ledger, refused: ["ramen/a"]) == .taken(refused: [Self.a: "ramen/a is fenced"]))
        // The route of a destroyed service is taken out of the router whatever the router holds.
        ledger.want([], of: Self.a)
        #expect(ledger.request() == .change(.init(from: 8, revision: 9, set: [], removed: ["ramen/a"])))
    }

    @Test func whatIsOutOfStepIsSentAsAWhole() throws {
        var ledger = ledger()
        _ = try taken(by: &ledger)
        ledger.want([Self.route(Self.a, 2001, gate: .held)], of: Self.a)
        let sent = ledger
        var reply = Self.answer(40)
        reply.isOutOfStep = true
        #expect(ledger.hear(reply, sent: sent) == .again)
        guard case .apply(let table)? = ledger.request() else {
            Issue.record("no whole table")
            return
        }
        #expect(table.revision == 41 && table.routes.count == 2)
    }

    @Test func aRouterThatTakesNothingNowIsAskedAgainWithTheWhole() throws {
        var ledger = ledger()
        let sent = ledger
        let reply = RouterReply(
            pid: 1, version: "1", revision: 7, refusal: "another router is taking over", routes: [],
            protocolVersion: RouterProtocol.newest, refusals: [])
        #expect(ledger.hear(reply, sent: sent) == .later("another router is taking over"))
        #expect(ledger.confirmed == [:])
        #expect(ledger.request() == sent.request())
    }

    // MARK: A router of before, which runs until another takes over

    @Test func aRouterOfBeforeGetsWholeTables() throws {
        var ledger = ledger(protocolVersion: nil)
        for revision in [8, 9] as [UInt64] {
            let sent = ledger
            guard case .apply(let table)? = sent.request() else {
                Issue.record("no whole table")
                return
            }
            #expect(table.revision == revision && table.routes.count == 2)
            let reply = RouterReply(pid: 1, version: "0.1.0", revision: revision, refusal: nil, routes: [])
            #expect(ledger.hear(reply, sent: sent) == .taken(refused: [:]))
            ledger.want([Self.route(Self.a, 2001, gate: .held)], of: Self.a)
        }
    }

    @Test func aRouterOfBeforeTellsTheRoutesThatItKeptAsAText() throws {
        var ledger = ledger(protocolVersion: nil)
        let sent = ledger
        let reason = "route ramen/a stays at epoch 3: the table has epoch 1"
        let reply = RouterReply(pid: 1, version: "0.1.0", revision: 8, refusal: reason, routes: [])
        #expect(ledger.hear(reply, sent: sent) == .taken(refused: [Self.a: reason]))
        #expect(ledger.confirmed == [Self.b: [Self.route(Self.b, 2002)]])
    }

    @Test func aRouterOfBeforeWithALaterTableIsOvertaken() throws {
        var ledger = ledger(protocolVersion: nil)
        let sent = ledger
        let reply = RouterReply(
            pid: 1, version: "0.1.0", revision: 20, refusal: "revision 8 is older than the active revision 20",
            routes: [])
        #expect(ledger.hear(reply, sent: sent) == .again)
        #expect(ledger.revision == 21)
    }
}
