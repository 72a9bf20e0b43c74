import NIOCore
import RoostModel

/// Whether a table that somebody sent may take effect.
package enum TableAdmission: Equatable, Sendable {
    /// Nothing of it takes effect.
    case refused(String)
    /// `table` takes effect; `kept` says which routes of it stayed as they were, and why.
    case admitted(RoutingTable, kept: [String])

    /// Epochs fence: a table with a lower revision is old, and a route with a lower epoch names a primary that was
    /// replaced. Such a route stays as it is, the others do not suffer for it. A route that a table leaves out is
    /// forgotten with its epoch, so that a service destroyed and made again under its name starts at 1.
    package static func judge(_ next: RoutingTable, current: RoutingTable) -> TableAdmission {
        guard next.revision >= current.revision else {
            return .refused("revision \(next.revision) is older than \(current.revision), which is in force")
        }
        if let fault = fault(in: next.routes) { return .refused(fault) }

        let known = Dictionary(current.routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var kept: [String] = []
        let routes = next.routes.map { route in
            guard let held = known[route.name], route.epoch < held.epoch else { return route }
            kept.append("route \(route.name) stays at epoch \(held.epoch): the table has epoch \(route.epoch)")
            return held
        }
        return .admitted(RoutingTable(revision: next.revision, routes: routes), kept: kept)
    }

    private static func fault(in routes: [Route]) -> String? {
        var names: Set<String> = []
        var ports: [PortNumber: String] = [:]
        for route in routes {
            guard names.insert(route.name).inserted else { return "two routes are named \(route.name)" }
            if let other = ports.updateValue(route.name, forKey: route.port) {
                return "\(other) and \(route.name) both have port \(route.port)"
            }
            guard (try? SocketAddress(ipAddress: route.backend.host, port: route.backend.port.number)) != nil else {
                // The reason is always the same: no name is ever looked up on the way of a connection.
                return "route \(route.name) has the backend \(route.backend.host), which is no IP address"
            }
        }
        return nil
    }
}
