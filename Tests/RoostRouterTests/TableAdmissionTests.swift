import RoostModel
import RoostRouter
import Testing

/// Which tables may take effect.
struct TableAdmissionTests {
    private static let a = Route.sample("a", port: 2001, to: 3000, epoch: 5)
    private static let b = Route.sample("b", port: 2002, to: 3000, epoch: 1)
    private static let current = RoutingTable(revision: 7, routes: [a, b])

    @Test func refusesALowerRevision() {
        #expect(
            TableAdmission.judge(RoutingTable(revision: 6, routes: []), current: Self.current)
                == .refused("revision 6 is older than 7, which is in force"))
    }

    @Test(arguments: [7, 8, 1000] as [UInt64])
    func admitsTheSameRevisionAndHigherOnes(_ revision: UInt64) {
        let next = RoutingTable(revision: revision, routes: [Self.b])
        #expect(TableAdmission.judge(next, current: Self.current) == .admitted(next, kept: []))
    }

    @Test func keepsARouteWhoseEpochIsLowerAndTakesTheOthers() {
        let stale = Self.a.with(backend: 3009, epoch: 4)
        let changed = Self.b.with(backend: 3010)
        #expect(
            TableAdmission.judge(RoutingTable(revision: 8, routes: [stale, changed]), current: Self.current)
                == .admitted(
                    RoutingTable(revision: 8, routes: [Self.a, changed]),
                    kept: ["route a stays at epoch 5: the table has epoch 4"]))
    }

    @Test func forgetsTheEpochOfARouteThatWasLeftOut() {
        let without = RoutingTable(revision: 8, routes: [Self.b])
        let again = RoutingTable(revision: 9, routes: [Self.a.with(epoch: 1), Self.b])
        #expect(TableAdmission.judge(again, current: without) == .admitted(again, kept: []))
    }

    @Test(arguments: [
        ([a, a], "two routes are named a"),
        ([a, b.with(port: 2001)], "a and b both have port 2001"),
        (
            [
                Route(
                    name: "c", purpose: .read, wire: "mysql", reach: .loopback, port: 2003,
                    backend: .init(host: "localhost", port: 3000), gate: .open, epoch: 1)
            ], "route c has the backend localhost, which is no IP address"
        ),
    ])
    func refusesATableThatContradictsItself(_ routes: [Route], _ reason: String) {
        #expect(
            TableAdmission.judge(RoutingTable(revision: 8, routes: routes), current: Self.current) == .refused(reason))
    }
}
