import Hummingbird
import ServiceLifecycle

/// A streaming answer: elements as they come and heartbeats in between, until the reader disconnects, loses its
/// access, or the daemon stops. A slow reader slows the source; nothing is queued here.
struct LiveStream<Element: Sendable>: Sendable {
    let elements: AsyncStream<Element>
    /// Text that is sent at once, so that the reader sees that the stream is open.
    let opening: String
    /// Text that is sent every `interval`; nil if the format has no empty message.
    let heartbeat: String?
    let interval: Duration
    let remainsAdmitted: @Sendable () async -> Bool
    let text: @Sendable (Element) throws -> String

    private enum Pulse: Sendable {
        case element(Element?)
        case tick
        case stopping
    }

    func body(for request: Request) -> ResponseBody {
        ResponseBody { writer in
            // A reader that closes its side is noticed at once, not by the next write that fails.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await write(to: &writer)
            }
            try await writer.finish(nil)
        }
    }

    @concurrent
    private func write(to writer: inout any ResponseBodyWriter) async throws {
        if !opening.isEmpty { try await writer.write(ByteBuffer(string: opening)) }
        try await withThrowingTaskGroup(of: Pulse.self) { group in
            group.addTask { await next() }
            group.addTask { await tick() }
            group.addTask {
                // A cancellation error means that the group is ending anyway.
                try? await gracefulShutdown()
                return .stopping
            }
            defer { group.cancelAll() }
            while let pulse = try await group.next() {
                switch pulse {
                case .stopping, .element(nil): return
                case .element(let element?):
                    try await writer.write(ByteBuffer(string: try text(element)))
                    group.addTask { await next() }
                case .tick:
                    guard await remainsAdmitted() else { return }
                    if let heartbeat { try await writer.write(ByteBuffer(string: heartbeat)) }
                    group.addTask { await tick() }
                }
            }
        }
    }

    /// A task reads a single element, and the tasks follow one another, so the stream never has two readers.
    private func next() async -> Pulse {
        var iterator = elements.makeAsyncIterator()
        return .element(await iterator.next())
    }

    private func tick() async -> Pulse {
        // A cancellation error means that the group is ending anyway.
        try? await Task.sleep(for: interval)
        return .tick
    }
}
