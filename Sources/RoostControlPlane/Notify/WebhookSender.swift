import RoostModel

/// Sends one request to a webhook. The control plane has no HTTP client of its own.
package protocol WebhookSender: Sendable {
    /// Returns within `WebhookPost.patience` and a little more. A cancelled task ends the attempt.
    func send(_ post: WebhookPost) async -> WebhookReply
}

/// Bounds the attempts that go on at one time: each is a process.
actor SendSlots {
    /// Receivers that never answer hold up others only when there are this many of them, and then for 10 s at most.
    private static let most = 16

    private var free = most
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        // Ends also without cancellation: every attempt ends in time, and gives its slot to the first that waits.
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
