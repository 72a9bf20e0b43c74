import RoostModel
import RoostRouter
import Testing

/// Rules that decide which tables take effect.
struct TableAdmissionTests {
    private static let a = Route.sample("a", port: 2001, to: 3000, epoch: 5)
    private static let b = Route.sample("b", port: 2002, to: 3000, epoch: 1)
    private static let current = RoutingTable(revision: 7, routes: [a, b])

    @Test func refusesALowerRevision() {
        #expect(
            TableAdmission.judge(RoutingTable(revision: 6, routes: []), current: Self.current)
                == .refused("revision 6 is older than the active revision 7"))
    }

    @Test(arguments: [7, 8, 1000] as [UInt64])
    func admitsTheSameRevisionAndHigherOnes(_ revision: UInt64) {
        let next = RoutingTable(revision: revision, routes: [Self.b])
        #expect(TableAdmission.judge(next, current: Self.current) == .admitted(next, refused: []))
    }

    @Test func keepsARouteWhoseEpochIsLowerAndTakesTheOthers() {
        let stale = Self.a.with(backend: 3009, epoch: 4)
        let changed = Self.b.with(backend: 3010)
        #expect(
            TableAdmission.judge(RoutingTable(revision: 8, routes: [stale, changed]), current: Self.current)
                == .admitted(
                    RoutingTable(revision: 8, routes: [Self.a, changed]),
                    refused: [.init(name: "a", reason: "route a stays at epoch 5: the table has epoch 4")]))
    }

    @Test func keepsARouteWhoseFenceIsLower() {
        func fenced(_ fence: UInt64) -> Route {
            Route(
                name: "a", purpose: .primary, wire: "mysql", reach: .loopback, port: 2001,
                backend: .init(host: "127.0.0.1", port: 3000), gate: .held, epoch: 5, fence: fence)
        }
        let held = RoutingTable(revision: 7, routes: [fenced(6)])
        let raised = RoutingTable(revision: 8, routes: [fenced(7)])
        #expect(TableAdmission.judge(raised, current: held) == .admitted(raised, refused: []))
        let reason = "route a keeps the fence of epoch 6: the table has 5"
        #expect(
            TableAdmission.judge(RoutingTable(revision: 8, routes: [fenced(5)]), current: held)
                == .admitted(
                    RoutingTable(revision: 8, routes: [fenced(6)]), refused: [.init(name: "a", reason: reason)]))
    }

    @Test func forgetsTheEpochOfARouteThatWasLeftOut() {
        let without = RoutingTable(revision: 8, routes: [Self.b])
        let again = RoutingTable(revision: 9, routes: [Self.a.with(epoch: 1), Self.b])
        #expect(TableAdmission.judge(again, current: without) == .admitted(again, refused: []))
    }

    /// A table with a refused route, the routes that stay in force, and the reasons.
    static let faults: [(routes: [Route], admitted: [Route], refused: [RouteRefusal])] = [
        ([a, a.with(backend: 3001)], [a], [.init(name: "a", reason: "two routes are named a")]),
        // A port belongs to its present owner, whatever the order of the routes.
        (
            [b.with(port: 2001), a], [b, a],
            [.init(name: "b", reason: "route b wants port 2001, which belongs to a")]
        ),
        ([c.with(port: 2001), a], [a], [.init(name: "c", reason: "route c wants port 2001, which belongs to a")]),
        // The first of two new routes with one port gets it.
        ([c, d.with(port: 2003)], [c], [.init(name: "d", reason: "route d wants port 2003, which belongs to c")]),
        // The route's old port is given to another route by the same table, so nothing of the route is in force any
        // more.
        (
            [a.with(port: 2002), b.with(port: 2001, backend: 3001), c.with(port: 2001)],
            [a.with(port: 2002), b.with(port: 2001, backend: 3001)],
            [.init(name: "c", reason: "route c wants port 2001, which belongs to b")]
        ),
        (
            [named, b], [b],
            [.init(name: "c", reason: "route c has the backend localhost, which is not an IP address")]
        ),
    ]

    private static let c = Route.sample("c", port: 2003, to: 3000)
    private static let d = Route.sample("d", port: 2004, to: 3000)
    private static let named = Route(
        name: "c", purpose: .read, wire: "mysql", reach: .loopback, port: 2003,
        backend: .init(host: "localhost", port: 3000), gate: .open, epoch: 1)

    @Test(arguments: faults)
    func aRefusalConcernsOneRouteAlone(_ routes: [Route], _ admitted: [Route], _ refused: [RouteRefusal]) {
        #expect(
            TableAdmission.judge(RoutingTable(revision: 8, routes: routes), current: Self.current)
                == .admitted(RoutingTable(revision: 8, routes: admitted), refused: refused))
    }
}
