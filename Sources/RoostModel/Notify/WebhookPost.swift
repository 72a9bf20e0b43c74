/// One HTTP request to a webhook, as roostd hands it to the program that sends it (`roost notify deliver`).
package struct WebhookPost: Codable, Equatable, Sendable {
    /// Limit of the time from the connection to the head of the answer.
    package static let patience = Duration.seconds(10)
    package static let signatureHeader = "Roost-Signature"

    package let url: WebhookURL
    /// The JSON document that is sent, byte by byte as it was signed.
    package let body: String
    /// Value of the header `Roost-Signature`.
    package let signature: String

    package init(url: WebhookURL, body: String, signature: String) {
        self.url = url
        self.body = body
        self.signature = signature
    }
}

/// Outcome of one attempt to deliver. Either the receiver's status or the reason why there is none is set.
package struct WebhookReply: Codable, Equatable, Sendable {
    package let status: Int?
    package let failure: String?

    package init(status: Int) {
        self.status = status
        failure = nil
    }

    package init(failure: String) {
        status = nil
        self.failure = failure
    }

    /// Whether the receiver took the notification. Redirects are not followed, so they are refusals.
    package var isAccepted: Bool { status.map { (200..<300).contains($0) } ?? false }

    /// Sentence for people.
    package var text: String {
        guard let status else { return failure ?? "there was no answer" }
        return switch status {
        case 200..<300: "the receiver answered \(status)"
        case 300..<400: "the receiver answered \(status); redirects are not followed"
        default: "the receiver answered \(status), which is not a 2xx status"
        }
    }
}
