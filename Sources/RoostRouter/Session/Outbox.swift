import NIOCore
import NIOPosix

/// What an event loop's sessions send at the end of a round of events.
///
/// A round reads what came on every socket that is ready, then all of it is sent. Reading and sending in turns would
/// have the kernel's two long code paths drive each other out of the processor's caches once a message: with 64 busy
/// connections that costs a tenth of the relay's time.
final class Outbox: @unchecked Sendable {
    // Unchecked: one is made on the thread of its event loop, found only there, and used only there.
    private static let current = ThreadSpecificVariable<Outbox>()

    private let loop: any EventLoop
    private var ends: [RelayEnd] = []
    private var sending: [RelayEnd] = []

    /// The outbox of the event loop that this thread runs.
    static func of(_ loop: any EventLoop) -> Outbox {
        loop.preconditionInEventLoop()
        if let outbox = current.currentValue { return outbox }
        let outbox = Outbox(loop)
        current.currentValue = outbox
        return outbox
    }

    private init(_ loop: any EventLoop) {
        self.loop = loop
    }

    /// `end` has something to send.
    func add(_ end: RelayEnd) {
        // Tasks run when all ready sockets have been read.
        if ends.isEmpty { loop.assumeIsolated().execute { self.send() } }
        ends.append(end)
    }

    private func send() {
        // What a failing end adds meanwhile is for the next round.
        swap(&ends, &sending)
        for end in sending { end.flush() }
        sending.removeAll(keepingCapacity: true)
    }
}
