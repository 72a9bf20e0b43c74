import NIOCore

/// The line that a Redis client reads as the answer to its first command: `-ERR max number of clients reached`.
///
/// Servers use the word `ERR` when they turn a connection away, and clients make a plain error of it. A client that
/// asks for TLS sees a failed handshake.
package struct RedisErrorLine: Equatable, Sendable {
    package let message: String

    package init(_ refusal: Refusal, of route: String) {
        // A line break would end the answer.
        let text = refusal.message(of: route).map { $0.isNewline ? " " : $0 }
        message = String(text.prefix(500))
    }

    package var bytes: ByteBuffer { ByteBuffer(string: "-ERR \(message)\r\n") }
}
