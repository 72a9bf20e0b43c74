import Foundation
import Logging
import RoostControl
import RoostModel
import RoostSecrets
import Synchronization

/// What every reconciler works with.
package struct ReconcilerParts: Sendable {
    let records: Records
    let agent: any Agent
    /// For work beside the instances' own: snapshots of others, logs.
    let host: any InstanceHost
    let feed: any RouteFeed
    let board: StatusBoard
    let events: EventLog
    let planner: InstancePlanner
    let key: HomeKey
    let operations: Operations
    let snapshots: Snapshots
    /// The routes of a service while its instances' gates are these.
    let routes: @Sendable (Service, [Int: Route.Gate]) -> [Route]
    /// Environment files follow each change of an application's services.
    let applicationChanged: @Sendable (ApplicationName) async -> Void
    let logger: Logger
    /// Takes another port for a server whose own was taken meanwhile. Nil: there are none to take.
    var takeInternalPort: (@Sendable (inout Allocations) throws(Problem) -> PortNumber)?

    /// What the router has confirmed for each instance, by index.
    func gates(of service: Service) async -> [Int: Route.Gate] {
        var gates: [Int: Route.Gate] = [:]
        for instance in service.instances {
            gates[instance.index] = await feed.gate(of: InstanceID(service.id, instance.index))
        }
        return gates
    }

    /// Opens a service's secrets. A previous password counts until its grace time is over.
    func secrets(of service: Service, now: Date) throws(Problem) -> InstanceOrder.Secrets {
        try Self.secrets(of: service, key: key, now: now)
    }

    static func secrets(
        of service: Service, key: HomeKey, now: Date
    ) throws(Problem) -> InstanceOrder.Secrets {
        let credentials = service.credentials
        var previous: String?
        if let sealed = credentials.previousPassword, let until = credentials.previousUntil, until > now {
            previous = try key.opened(sealed, of: service.id, .password)
        }
        return InstanceOrder.Secrets(
            password: try key.opened(credentials.password, of: service.id, .password), previousPassword: previous,
            administration: try key.opened(credentials.administration, of: service.id, .administration))
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
}

extension RouterFeed: RouteFeed {}
