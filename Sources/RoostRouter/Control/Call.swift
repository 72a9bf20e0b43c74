import RoostModel
import Synchronization

/// What the router's loop is told, one thing after another.
enum Command: Sendable {
    case call(Call)
    /// Time has passed.
    case tick
    /// To a router that drains: the table was replaced, the router in charge has ended, or the last session has.
    case somethingEnded
    /// To a router that drains: its time is over.
    case drainOver
    /// Close everything and return.
    case stop
    /// The router after this one serves now.
    case handedOver
}

/// A question that waits for the router's answer.
final class Call: Sendable {
    enum Question: Sendable {
        case request(RouterRequest)
        /// Give out copies of the sockets, and keep the table as it is until the caller has confirmed or withdrawn.
        case offer
        /// The other router is ready: stop listening, let go of the lock.
        case handOver
        /// The other router is gone: go on as before.
        case withdraw
    }

    struct Answer: Sendable {
        let reply: RouterReply
        var offer: HandoverOffer?
    }

    let question: Question
    private let receiver: Mutex<(@Sendable (Answer?) -> Void)?>

    /// Nil comes as the answer when the router has ended.
    init(_ question: Question, _ receiver: @escaping @Sendable (Answer?) -> Void) {
        self.question = question
        self.receiver = Mutex(receiver)
    }

    /// A call that was dropped, since the router's loop has ended, is answered too: nobody waits for ever.
    deinit {
        answer(nil)
    }

    func answer(_ reply: RouterReply, offer: HandoverOffer? = nil) {
        answer(Answer(reply: reply, offer: offer))
    }

    private func answer(_ answer: Answer?) {
        let receiver = receiver.withLock { receiver in
            defer { receiver = nil }
            return receiver
        }
        receiver?(answer)
    }
}
