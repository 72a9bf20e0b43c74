import RoostModel

/// Open connections of a route at each of its backends, and the choice of a backend for the next one. Pure.
///
/// A connection counts from the attempt to reach its backend until it ends, so that a burst of clients is spread before
/// the first of them is served.
package struct BackendLoad: Equatable, Sendable {
    private struct Use: Equatable {
        var open = 0
        /// Number of the choice that took the backend last; 0 for a backend that no choice has taken.
        var lastChoice: UInt64 = 0
    }

    private var uses: [Route.Backend: Use] = [:]
    private var choices: UInt64 = 0

    package init() {}

    package func open(at backend: Route.Backend) -> Int { uses[backend]?.open ?? 0 }

    /// The backends with open connections, by their ports.
    package var busy: [RouteStatus.BusyBackend] {
        uses.filter { $0.value.open > 0 }.map { .init($0.key, openConnections: $0.value.open) }
            .sorted { ($0.backend.port, $0.backend.host) < ($1.backend.port, $1.backend.host) }
    }

    /// Chooses a backend that was not tried yet, and counts a connection there. Nil if all of them were tried.
    ///
    /// The backend with the fewest open connections in proportion to its weight is chosen; of several, the one that was
    /// chosen longest ago. A backend of weight 0 is chosen only if no backend has more.
    package mutating func take(
        among backends: [Route.WeightedBackend], tried: [Route.Backend] = []
    ) -> Route.Backend? {
        forgetUnused(except: backends)
        let isWeighted = backends.contains { $0.weight > 0 }
        let candidates = backends.filter { (!isWeighted || $0.weight > 0) && !tried.contains($0.backend) }
        // `min` keeps the route's order of equal candidates.
        guard let chosen = candidates.min(by: { precedes($0, $1) })?.backend else { return nil }
        choices += 1
        uses[chosen, default: Use()].open += 1
        uses[chosen]?.lastChoice = choices
        return chosen
    }

    /// Ends the count of a connection.
    package mutating func giveBack(_ backend: Route.Backend) {
        guard let use = uses[backend], use.open > 0 else { return }
        uses[backend]?.open = use.open - 1
    }

    private func precedes(_ one: Route.WeightedBackend, _ other: Route.WeightedBackend) -> Bool {
        let (mine, theirs) = (share(of: one), share(of: other))
        if mine != theirs { return mine < theirs }
        return (uses[one.backend]?.lastChoice ?? 0) < (uses[other.backend]?.lastChoice ?? 0)
    }

    /// Division rounds equal proportions to equal numbers, and does not overflow for any weight.
    private func share(of backend: Route.WeightedBackend) -> Double {
        Double(open(at: backend.backend)) / Double(max(1, backend.weight))
    }

    /// Backends that left the route are kept only until their last connection has ended.
    private mutating func forgetUnused(except backends: [Route.WeightedBackend]) {
        uses = uses.filter { backend, use in use.open > 0 || backends.contains { $0.backend == backend } }
    }
}
