import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import Synchronization

/// The dependencies of every reconciler.
package struct ReconcilerParts: Sendable {
    let records: Records
    let agent: any Agent
    /// The id of the machine's boot.
    let boot: String
    let feed: any RouteFeed
    let statusCache: StatusCache
    let events: EventLog
    let planner: InstancePlanner
    let operations: Operations
    let snapshots: Snapshots
    /// The routes of a service for the given gates of its instances.
    let routes: @Sendable (Service, [Int: Route.Gate]) -> [Route]
    /// Writes the environment files after each change of an application's services.
    let applicationChanged: @Sendable (ApplicationName) async -> Void
    let logger: Logger
    /// Takes another port for a server whose own port was taken meanwhile. Nil if there are none to take.
    var takeInternalPort: (@Sendable (inout Allocations) async throws(Problem) -> PortNumber)?
    /// Takes ports and an id for a new member. Nil if there are none to take.
    var takeMember: (@Sendable (Int, inout Allocations) async throws(Problem) -> ServiceStatus.Member)?

    /// Gates that the router has confirmed, by index of the instance.
    func gates(of service: Service) async -> [Int: Route.Gate] {
        var gates: [Int: Route.Gate] = [:]
        for instance in service.instances {
            gates[instance.index] = await feed.gate(of: InstanceID(service.id, instance.index))
        }
        return gates
    }
}

/// The part of the router's feed that a reconciler uses.
package protocol RouteFeed: Sendable {
    /// Returns when the router has confirmed a table with these routes.
    func set(_ service: ServiceID, to wanted: [Route]) async throws
    func gate(of instance: InstanceID) async -> Route.Gate?
    /// The routes that the router has confirmed for a service.
    func routes(of service: ServiceID) async -> [Route]
    func listenErrors(of service: ServiceID) async -> [String]
    /// The router's present report on each route. Nil if it does not answer.
    func reports() async -> [RouteStatus]?
}

extension RouterFeed: RouteFeed {
    package func reports() async -> [RouteStatus]? { await ask()?.routes }
}
