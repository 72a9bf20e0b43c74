import NIOCore

/// The ErrorResponse that a PostgreSQL client reads in place of the request for its password.
///
/// See "Message Formats" and "Error and Notice Message Fields" in the protocol's manual.
package struct PostgreSQLErrorResponse: Equatable, Sendable {
    /// PostgreSQL's own SQLSTATEs, so that drivers treat them as they treat a server's.
    package enum State: String, Sendable {
        /// admin_shutdown: the server is gone on purpose.
        case adminShutdown = "57P01"
        /// cannot_connect_now: try again later.
        case cannotConnectNow = "57P03"
        case tooManyConnections = "53300"
    }

    package let state: State
    package let message: String

    package init(_ refusal: Refusal, of route: String) {
        state =
            switch refusal {
            case .removed: .adminShutdown
            case .stopped, .waited, .noServer, .silent: .cannotConnectNow
            case .tooManyWaiting, .tooManyConnections: .tooManyConnections
            }
        message = refusal.message(of: route)
    }

    package var bytes: ByteBuffer {
        var fields = ByteBuffer()
        // S and V: the severity, translated and untranslated. FATAL, because no session was made.
        for (field, text) in [("S", "FATAL"), ("V", "FATAL"), ("C", state.rawValue), ("M", message)] {
            fields.writeString(field)
            // A zero ends a field; a route's name holds none.
            fields.writeBytes(text.utf8.prefix(Self.longestField).filter { $0 != 0 })
            fields.writeInteger(UInt8(0))
        }
        fields.writeInteger(UInt8(0))
        var response = ByteBuffer()
        response.writeString("E")
        response.writeInteger(UInt32(4 + fields.readableBytes))
        response.writeBuffer(&fields)
        return response
    }

    private static let longestField = 500
}
