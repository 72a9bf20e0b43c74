import NIOCore

/// The ERR packet that a MySQL client reads in place of the server's greeting.
///
/// The packet has no SQLSTATE: before the client's capabilities are known servers leave it out (MariaDB 10.11 answers
/// `ff 10 04 Too many connections`), and libraries derive it from the code. See "ERR_Packet" in the protocol's
/// manual.
package struct MySQLErrorPacket: Equatable, Sendable {
    /// MySQL's own error codes, so that drivers treat them as they treat a server's: both are of SQLSTATE class 08,
    /// "connection exception", which pools answer with a new attempt.
    package enum Code: UInt16, Sendable {
        /// ER_CON_COUNT_ERROR: try again later.
        case tooManyConnections = 1040
        /// ER_SERVER_SHUTDOWN: the server is down on purpose.
        case serverShutdown = 1053
    }

    package let code: Code
    package let message: String

    package init(_ refusal: Refusal, of route: String) {
        code =
            switch refusal {
            case .stopped, .removed: .serverShutdown
            case .waited, .silent, .noServer, .tooManyWaiting, .tooManyConnections: .tooManyConnections
            }
        message = refusal.message(of: route)
    }

    package var bytes: ByteBuffer {
        // libmariadb and libmysqlclient keep 512 bytes of a message.
        let text = message.utf8.prefix(500)
        let length = 3 + text.count
        var packet = ByteBuffer()
        packet.reserveCapacity(4 + length)
        packet.writeInteger(UInt16(length), endianness: .little)
        packet.writeInteger(UInt8(0))  // The third byte of the length.
        packet.writeInteger(UInt8(0))  // The sequence number: the first packet of the connection.
        packet.writeInteger(UInt8(0xff))
        packet.writeInteger(code.rawValue, endianness: .little)
        packet.writeBytes(text)
        return packet
    }
}
