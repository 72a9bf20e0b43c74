import Foundation
import RoostModel

/// Makes single attempts, and keeps the state of each address.
struct NotifyDeliverer: Sendable {
    let book: NotifyBook
    let sender: any WebhookSender
    private let slots = SendSlots()

    init(book: NotifyBook, sender: any WebhookSender) {
        self.book = book
        self.sender = sender
    }

    /// Nil: the owner no longer has the address, or is gone.
    func attempt(_ delivery: NotifyDelivery) async -> WebhookReply? {
        do throws(Problem) {
            guard try await book.isSet(delivery.target) else { return nil }
            return try await send(delivery.notification, to: delivery.target)
        } catch {
            return WebhookReply(failure: error.message)
        }
    }

    /// Signs and sends. The time in the signature is that of the attempt.
    func send(_ notice: Notice, to target: NotifyTarget) async throws(Problem) -> WebhookReply {
        let secret = try await book.secret(of: target.owner)
        let body: String
        do { body = String(decoding: try JSON.encode(notice), as: UTF8.self) } catch {
            throw Problem(.failed, "a notification cannot be encoded: \(error)")
        }
        await slots.take()
        let signature = WebhookSignature.header(secret: secret, body: body, at: Date())
        let reply = await sender.send(WebhookPost(url: target.address.url, body: body, signature: signature))
        await slots.giveBack()
        return reply
    }

    func state(of target: NotifyTarget) async throws(Problem) -> NotifyState.Address? {
        try await book.records.notifyState(of: target.owner).value.addresses
            .first { $0.address == target.address }
    }

    func note(_ target: NotifyTarget, _ change: (inout NotifyState.Address) -> Void) async throws(Problem) {
        let records = book.records
        try await records.again { () async throws(Problem) in
            let configured = try await book.addresses(of: target.owner)
            guard configured.contains(target.address) else { return }
            var found = try await records.notifyState(of: target.owner)
            found.value.change(target.address, configured: configured, change)
            try await records.commit([
                Records.put(found.value, at: Records.notifyStateKey(target.owner), expecting: found.revision)
            ])
        }
    }
}
