import Foundation
import RoostModel

/// The JSON document that a webhook gets. The same in every attempt.
struct Notice: Codable, Equatable, Sendable {
    /// Unique; the same for every address and in every attempt, so that a receiver can ignore a repetition.
    let id: String
    let time: Date
    @Nullable var application: String?
    @Nullable var service: String?
    @Nullable var instance: String?
    let kind: String
    let message: String
    /// The record of the failover, as in `GET …/failovers`. Null for other kinds.
    @Nullable var failover: FailoverInfo?

    init(id: String, of event: EventInfo, failover: FailoverInfo? = nil) {
        self.id = id
        time = event.time
        _application = Nullable(wrappedValue: event.application)
        _service = Nullable(wrappedValue: event.service)
        _instance = Nullable(wrappedValue: event.instance)
        kind = event.kind
        message = event.message
        _failover = Nullable(wrappedValue: failover)
    }

    /// The event of `roost notify test`.
    init(testOf target: NotifyTarget, id: String, at time: Date) {
        let application: String? = if case .application(let name) = target.owner { name.rawValue } else { nil }
        self.init(
            id: id,
            of: EventInfo(
                id: 0, time: time, application: application, service: target.address.service?.rawValue, instance: nil,
                kind: NotifiedKinds.test, message: "this is a test of Roost's notifications"))
    }
}

/// An address of a service, or of roostd (`service` nil). Two services may have the same URL.
struct NotifyAddress: Hashable, Sendable {
    let service: ServiceName?
    let url: WebhookURL
}

/// Where notifications go: an address, and the owner whose secret signs. Each target has its own queue, so that a slow
/// one delays no other.
struct NotifyTarget: Hashable, Sendable {
    let owner: NotifyOwner
    let address: NotifyAddress
}

/// A notification that waits for its delivery to one target.
struct NotifyDelivery: Codable, Equatable, Sendable {
    /// Place in the order of all deliveries of this home.
    let number: Int64
    /// Nil: the daemon's address.
    let owner: ApplicationName?
    let service: ServiceName?
    let url: WebhookURL
    let queuedAt: Date
    let notification: Notice

    init(number: Int64, to target: NotifyTarget, _ notification: Notice, queuedAt: Date) {
        self.number = number
        owner = if case .application(let name) = target.owner { name } else { nil }
        service = target.address.service
        url = target.address.url
        self.queuedAt = queuedAt
        self.notification = notification
    }

    var target: NotifyTarget {
        NotifyTarget(
            owner: owner.map { .application($0) } ?? .daemon, address: NotifyAddress(service: service, url: url))
    }
}
