import RoostModel

/// A change to one route when a table takes effect.
package enum ListenerAction: Equatable, Sendable {
    /// The route is gone: stop listening for it and end its connections.
    case remove(String)
    /// The route listens elsewhere from now on: close its old listener. Its connections stay.
    case unlisten(String)
    /// The backend, gate, epoch or wire changed. The listener stays.
    case update(Route)
    /// Open a listener, for a new route or a moved one.
    case listen(Route)
}

/// The difference between two tables.
package enum TableChange {
    /// The actions in their order of execution: ports are released before they are opened, so that two routes may
    /// exchange theirs, and backends change before a new listener can bring a connection to them.
    package static func plan(_ current: RoutingTable, _ next: RoutingTable) -> [ListenerAction] {
        let known = Dictionary(current.routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let staying = Set(next.routes.map(\.name))

        let removed = current.routes.filter { !staying.contains($0.name) }.map { ListenerAction.remove($0.name) }
        let moved = next.routes.filter { route in known[route.name].map { !listensAlike($0, route) } ?? false }
        let changed = next.routes.filter { route in known[route.name].map { $0 != route } ?? false }
        let added = next.routes.filter { known[$0.name] == nil }

        return removed + moved.map { .unlisten($0.name) } + changed.map { .update($0) }
            + (moved + added).map { .listen($0) }
    }

    /// Whether the tables differ in gates alone, and each gate that differs opens.
    package static func opensAlone(_ current: RoutingTable, _ next: RoutingTable) -> Bool {
        guard current.routes.count == next.routes.count, current.routes != next.routes else { return false }
        return zip(current.routes, next.routes).allSatisfy { one, other in
            one == other || (other.gate == .open && areEqualButGates(one, other))
        }
    }

    private static func areEqualButGates(_ one: Route, _ other: Route) -> Bool {
        one.name == other.name && one.purpose == other.purpose && one.wire == other.wire && one.reach == other.reach
            && one.port == other.port && one.backends == other.backends && one.epoch == other.epoch
            && one.fence == other.fence
    }

    private static func listensAlike(_ one: Route, _ other: Route) -> Bool {
        one.port == other.port && one.reach == other.reach
    }
}
