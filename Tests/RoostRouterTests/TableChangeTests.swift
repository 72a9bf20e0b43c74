import RoostModel
import RoostRouter
import Testing

/// The actions that a new table causes, and their order.
struct TableChangeTests {
    /// The routes before and after, and the actions between them.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let before: [Route]
        let after: [Route]
        let actions: [ListenerAction]

        init(_ name: String, _ before: [Route], _ after: [Route], _ actions: [ListenerAction]) {
            testDescription = name
            self.before = before
            self.after = after
            self.actions = actions
        }
    }

    @Test(arguments: cases)
    func plansTheDifference(_ item: Case) {
        let actions = TableChange.plan(
            RoutingTable(revision: 1, routes: item.before), RoutingTable(revision: 2, routes: item.after))
        #expect(actions == item.actions)
    }

    @Test(
        arguments: [
            ([a.with(gate: .held), b], [a, b], true), ([a.with(gate: .closed)], [a], true),
            ([a.with(gate: .held)], [a.with(epoch: 9)], false), ([a.with(gate: .held)], [a.with(backend: 3001)], false),
            ([a], [a.with(gate: .held)], false), ([a.with(gate: .held), b], [a, b.with(gate: .held)], false),
            ([a.with(gate: .held)], [a, b], false), ([a.with(gate: .held), b], [a], false), ([a], [a], false),
            ([], [a], false),
        ] as [([Route], [Route], Bool)])
    func whetherATableOpensAlone(_ before: [Route], _ after: [Route], _ wanted: Bool) {
        let tables = [before, after].map { RoutingTable(revision: 1, routes: $0) }
        #expect(TableChange.opensAlone(tables[0], tables[1]) == wanted)
    }

    static let cases: [Case] = [
        Case("nothing to nothing", [], [], []),
        Case("the same routes in another order", [a, b], [b, a], []),
        Case("a new route is listened for", [a], [a, b], [.listen(b)]),
        Case("a missing route is removed", [a, b], [b], [.remove("a")]),
        Case("another backend leaves the listener", [a], [a.with(backend: 3001)], [.update(a.with(backend: 3001))]),
        Case("a gate leaves the listener", [a], [a.with(gate: .held)], [.update(a.with(gate: .held))]),
        Case("an epoch leaves the listener", [a], [a.with(epoch: 9)], [.update(a.with(epoch: 9))]),
        Case(
            "another port moves the listener", [a], [a.with(port: 2005)],
            [.unlisten("a"), .update(a.with(port: 2005)), .listen(a.with(port: 2005))]),
        Case(
            "another reach moves the listener", [a], [a.with(reach: .network)],
            [.unlisten("a"), .update(a.with(reach: .network)), .listen(a.with(reach: .network))]),
        Case(
            "two routes that exchange their ports both let go first", [a, b],
            [a.with(port: 2002), b.with(port: 2001)],
            [
                .unlisten("a"), .unlisten("b"), .update(a.with(port: 2002)), .update(b.with(port: 2001)),
                .listen(a.with(port: 2002)), .listen(b.with(port: 2001)),
            ]),
        Case(
            "a new route gets the port of a removed one", [a], [b.with(port: 2001)],
            [.remove("a"), .listen(b.with(port: 2001))]),
        Case(
            "backends change before a new listener opens", [a], [c, a.with(backend: 3001)],
            [.update(a.with(backend: 3001)), .listen(c)]),
    ]

    private static let a = Route.sample("a", port: 2001, to: 3000)
    private static let b = Route.sample("b", port: 2002, to: 3000)
    private static let c = Route.sample("c", port: 2003, to: 3000)
}

extension PortNumber: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt16) {
        guard let port = PortNumber(rawValue: value) else { preconditionFailure("0 is no port") }
        self = port
    }
}

extension Route {
    func with(
        port: PortNumber? = nil, backend: PortNumber? = nil, gate: Gate? = nil, epoch: UInt64? = nil,
        reach: Reach? = nil
    ) -> Route {
        .sample(
            name, wire: wire, port: port ?? self.port, to: backend ?? self.backend.port, gate: gate ?? self.gate,
            epoch: epoch ?? self.epoch, reach: reach ?? self.reach)
    }
}
