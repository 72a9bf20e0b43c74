import NIOCore
import NIOPosix

/// The ends of an event loop's sessions that have bytes to send at the end of a round of events.
///
/// A round reads from every socket that is ready, then sends everything. Alternating reads and sends would make the
/// kernel's two long code paths evict each other from the processor's caches with every message: with 64 busy
/// connections that costs a tenth of the relay's time.
final class Outbox: @unchecked Sendable {
    // Unchecked: an outbox is made on the thread of its event loop, found only there, and used only there.
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

    /// Adds an end that has bytes to send.
    func add(_ end: RelayEnd) {
        // Tasks run once all ready sockets have been read.
        if ends.isEmpty { loop.assumeIsolated().execute { self.send() } }
        ends.append(end)
    }

    private func send() {
        // Ends added by a failing end meanwhile are sent in the next round.
        swap(&ends, &sending)
        for end in sending { end.flush() }
        sending.removeAll(keepingCapacity: true)
    }
}
