import Foundation
import RoostModel

/// A change of a service's status that its state machine decides by itself. Pure and idempotent.
package enum StatusChange: Equatable, Sendable {
    /// A change of the primary, or of its epoch.
    case lead(Leadership)
    /// A change of the replicas that acknowledge commits.
    case acknowledge(SynchronousChange)
    /// The decision to replace a member's data.
    case reseed(Reseeding)
    /// A step towards new passwords of the replication accounts.
    case replicationPasswords(ReplicationPasswordChange)

    /// The service's status with this change. Nil if the change was decided on another status, or was stored before.
    package func applied(to service: Service, at date: Date) -> ServiceStatus? {
        switch self {
        case .lead(let leadership): leadership.applied(to: service, at: date)
        case .acknowledge(let change): change.applied(to: service, at: date)
        case .reseed(let reseeding): reseeding.applied(to: service, at: date)
        case .replicationPasswords(let change): change.applied(to: service)
        }
    }

    /// Event for people, once the change is stored. Nil if it changes nothing that they rely on. `service`: as it was
    /// before the change.
    package func event(_ service: Service) -> StatusDecision.Event? {
        switch self {
        case .lead(let leadership): .init(kind: "primary", message: leadership.text(service))
        case .acknowledge(let change): change.event(service)
        case .reseed(let reseeding): .init(kind: "resync", message: reseeding.text(service))
        case .replicationPasswords(let change): change.event(service)
        }
    }

    /// The record of a change of the primary, to be stored with it.
    package var failover: FailoverInfo? { if case .lead(let leadership) = self { leadership.failover } else { nil } }

    /// Whether clients may find other addresses in the environment files afterwards.
    package var changesEnvironment: Bool { if case .lead = self { true } else { false } }
}
