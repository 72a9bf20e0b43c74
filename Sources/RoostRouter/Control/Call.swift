import RoostModel
import Synchronization

/// The events that the router's loop handles, one at a time.
enum Command: Sendable {
    case call(Call)
    /// A tick of the clock.
    case tick
    /// For a draining router: the table was replaced, the router in charge has ended, or the last session has.
    case somethingEnded
    /// For a draining router: its time limit has passed.
    case drainOver
    /// Close everything and return.
    case stop
    /// The next router serves now.
    case handedOver
}

/// A question that waits for the router's answer.
final class Call: Sendable {
    enum Question: Sendable {
        case request(RouterRequest)
        /// Give out copies of the sockets, and keep the table unchanged until the caller has confirmed or withdrawn.
        case offer
        /// The other router is ready: stop listening, release the lock.
        case handOver
        /// The other router is gone: continue as before.
        case withdraw
    }

    struct Answer: Sendable {
        let reply: RouterReply
        var offer: HandoverOffer?
    }

    let question: Question
    private let receiver: Mutex<(@Sendable (Answer?) -> Void)?>

    /// The receiver gets nil if the router has ended.
    init(_ question: Question, _ receiver: @escaping @Sendable (Answer?) -> Void) {
        self.question = question
        self.receiver = Mutex(receiver)
    }

    /// A call that is dropped because the router's loop has ended is answered too, so that no caller waits for ever.
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
