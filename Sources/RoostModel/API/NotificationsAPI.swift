import Foundation

/// Whose events are sent, and whose secret signs them.
package enum NotifyOwner: Hashable, Sendable {
    case application(ApplicationName)
    /// The address that roostd was started with, which gets the events of all applications and of the machine.
    case daemon
}

/// Webhooks that get events: their state, a test, and the secret that signs.
package protocol NotificationsAPI: Sendable {
    /// The addresses of the owner, those of an application by service, with the state of each.
    func webhooks(of owner: NotifyOwner) async throws(Problem) -> [WebhookInfo]
    /// Sends a test event to each address, past the events that wait, and returns each answer. `service`: only to the
    /// addresses of this service of the application; nil for all.
    func testWebhooks(of owner: NotifyOwner, service: ServiceName?) async throws(Problem) -> [WebhookTest]
    /// The secret that signs the owner's notifications. It is made at the first call.
    func notifySecret(of owner: NotifyOwner) async throws(Problem) -> NotifySecret
}

/// An address that gets notifications, and how its deliveries went.
package struct WebhookInfo: Codable, Equatable, Sendable {
    /// The service whose events it gets; null for an address of roostd.
    @Nullable package var service: String?
    package let url: String
    @Nullable package var lastSuccess: Date?
    @Nullable package var lastError: String?
    @Nullable package var lastErrorAt: Date?
    /// Number of notifications that wait to be delivered.
    package let waiting: Int
    /// Number of notifications that were given up: the queue was full, or a day had passed.
    package let dropped: Int

    package init(
        service: String?, url: String, lastSuccess: Date?, lastError: String?, lastErrorAt: Date?, waiting: Int,
        dropped: Int
    ) {
        self._service = Nullable(wrappedValue: service)
        self.url = url
        self._lastSuccess = Nullable(wrappedValue: lastSuccess)
        self._lastError = Nullable(wrappedValue: lastError)
        self._lastErrorAt = Nullable(wrappedValue: lastErrorAt)
        self.waiting = waiting
        self.dropped = dropped
    }
}

/// The outcome of a test event.
package struct WebhookTest: Codable, Equatable, Sendable {
    /// The service that the address belongs to; null for an address of roostd.
    @Nullable package var service: String?
    package let url: String
    package let accepted: Bool
    /// HTTP status of the answer; null if there was none.
    @Nullable package var status: Int?
    /// Sentence for people: what the receiver answered, or why there was no answer.
    package let answer: String

    package init(service: String?, url: String, reply: WebhookReply) {
        _service = Nullable(wrappedValue: service)
        self.url = url
        accepted = reply.isAccepted
        _status = Nullable(wrappedValue: reply.status)
        answer = reply.text
    }
}

/// The secret that signs notifications.
package struct NotifySecret: Codable, Equatable, Sendable {
    package let secret: String

    package init(secret: String) { self.secret = secret }
}
