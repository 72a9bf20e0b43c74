import NIOCore
import RoostModel

/// Decides whether a received table may take effect.
package enum TableAdmission: Equatable, Sendable {
    /// No part of the table takes effect: it is older than the table in force.
    case refused(String)
    /// `table` takes effect; `refused` says which routes stayed as they were, or are missing, and why.
    case admitted(RoutingTable, refused: [RouteRefusal])

    /// Revisions and epochs fence: a table with a lower revision is old, and a route with a lower epoch names a
    /// primary that was replaced. A refusal concerns one route alone: that route stays as it is, and the others take
    /// effect. A route that a table leaves out is forgotten with its epoch, so that a service destroyed and made
    /// again under its name starts at 1.
    package static func judge(_ next: RoutingTable, current: RoutingTable) -> TableAdmission {
        guard next.revision >= current.revision else {
            return .refused("revision \(next.revision) is older than the active revision \(current.revision)")
        }
        var admission = RouteAdmission(held: current.routes)
        for route in next.routes { admission.consider(route) }
        admission.givePorts()
        return .admitted(RoutingTable(revision: next.revision, routes: admission.routes), refused: admission.refused)
    }
}

/// Checks the routes of one table, each separately.
private struct RouteAdmission {
    let held: [String: Route]
    private var admitted: [String: Route] = [:]
    private(set) var refused: [RouteRefusal] = []
    private var seen: Set<String> = []
    /// Names in the table's order.
    private var order: [String] = []
    var routes: [Route] { order.compactMap { admitted[$0] } }

    init(held routes: [Route]) {
        held = Dictionary(routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func consider(_ route: Route) {
        guard !seen.contains(route.name) else {
            refused.append(RouteRefusal(name: route.name, reason: "two routes are named \(route.name)"))
            return
        }
        order.append(route.name)
        seen.insert(route.name)
        if let reason = fault(of: route) {
            refuse(route, reason)
        } else {
            admitted[route.name] = route
        }
    }

    /// Assigns each port to one route: to the route that has it already, else to the first that asks.
    mutating func givePorts() {
        var owners: [PortNumber: String] = [:]
        let all = order.compactMap { admitted[$0] }
        let keeping = all.filter { held[$0.name]?.port == $0.port }
        let asking = all.filter { held[$0.name]?.port != $0.port }
        for route in keeping + asking {
            guard let owner = owners[route.port] else {
                owners[route.port] = route.name
                continue
            }
            refuse(route, "route \(route.name) wants port \(route.port), which belongs to \(owner)")
            guard let kept = admitted[route.name] else { continue }
            // The port that the refused route held may belong to another route by now.
            if owners[kept.port] == nil {
                owners[kept.port] = kept.name
            } else {
                admitted[route.name] = nil
            }
        }
    }

    private mutating func refuse(_ route: Route, _ reason: String) {
        refused.append(RouteRefusal(name: route.name, reason: reason))
        admitted[route.name] = held[route.name]
    }

    private func fault(of route: Route) -> String? {
        if let held = held[route.name], route.epoch < held.epoch {
            return "route \(route.name) stays at epoch \(held.epoch): the table has epoch \(route.epoch)"
        }
        if let held = held[route.name], route.fence < held.fence {
            return "route \(route.name) keeps the fence of epoch \(held.fence): the table has \(route.fence)"
        }
        // Backends must be IP addresses: a connection never waits for a name lookup.
        let wrong = route.backends.map(\.backend).first {
            (try? SocketAddress(ipAddress: $0.host, port: $0.port.number)) == nil
        }
        return wrong.map { "route \(route.name) has the backend \($0.host), which is not an IP address" }
    }
}
