import NIOCore

/// The dialogue with a PostgreSQL client that is refused, up to the error that it can show. Pure.
///
/// The client speaks first, and most clients first ask for encryption. If an error is the answer to that, libpq does
/// not show it to its user, because anybody on the network could have sent it. So the request is answered with a no,
/// as by a server without TLS, and the error follows the start-up message. A client that insists on TLS then reports
/// that the server has none.
package struct PostgreSQLFarewell: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        /// Send the reply, if any, and wait for more.
        case listen(reply: ByteBuffer?)
        /// Send the bytes, if any, and close.
        case end(ByteBuffer?)
    }

    /// The longest start-up message that servers take (MAX_STARTUP_PACKET_LENGTH).
    package static let longestMessage = 10_000

    /// Codes in the place of a start-up message's protocol version.
    private enum Request {
        static let encryption: Set<UInt32> = [80_877_103, 80_877_104]
        static let protocolThree: UInt32 = 3
    }

    private let error: ByteBuffer
    private var heard = ByteBuffer()
    /// A client asks once for TLS and once for GSSAPI.
    private var questionsLeft = 2

    package init(_ error: ByteBuffer) {
        self.error = error
    }

    /// Handles bytes from the client. The rest of a message is waited for: closing before it was read would make the
    /// kernel discard the error on its way.
    package mutating func hear(_ bytes: ByteBuffer) -> Step {
        heard.writeImmutableBuffer(bytes)
        var reply = ByteBuffer()
        while let length = heard.getInteger(at: heard.readerIndex, as: UInt32.self) {
            guard (8...UInt32(Self.longestMessage)).contains(length) else { return .end(nil) }
            guard let code = heard.getInteger(at: heard.readerIndex + 4, as: UInt32.self) else { break }
            if Request.encryption.contains(code) {
                guard length == 8, questionsLeft > 0 else { return .end(nil) }
                questionsLeft -= 1
                heard.moveReaderIndex(forwardBy: 8)
                reply.writeString("N")
                continue
            }
            // A request to cancel a statement is never answered.
            guard code >> 16 == Request.protocolThree else { return .end(nil) }
            guard heard.readableBytes >= length else { break }
            reply.writeImmutableBuffer(error)
            return .end(reply)
        }
        return .listen(reply: reply.readableBytes > 0 ? reply : nil)
    }
}
