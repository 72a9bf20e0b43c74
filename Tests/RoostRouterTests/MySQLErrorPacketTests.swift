import NIOCore
import RoostRouter
import Testing

/// The error packet that a MySQL client reads instead of a greeting.
struct MySQLErrorPacketTests {
    @Test func isWhatAServerSendsBeforeItKnowsTheClient() throws {
        let packet = Wire.mysql.refusal(.waited(.seconds(10)), of: "ramen/data")
        let error = try #require(packet.flatMap(MySQLClientError.init))
        #expect(
            error
                == MySQLClientError(
                    code: 1040, message: "roost: ramen/data is not accepting connections (waited 10 s)"))
    }

    @Test(arguments: [
        (Refusal.stopped, 1053, "roost: ramen/data is stopped"),
        (.removed, 1053, "roost: ramen/data is no longer served here"),
        (.waited(.milliseconds(2500)), 1040, "roost: ramen/data is not accepting connections (waited 2.5 s)"),
        (.silent(.seconds(10)), 1040, "roost: the server of ramen/data does not answer (waited 10 s)"),
        (
            .tooManyWaiting(512), 1040,
            "roost: ramen/data is not accepting connections (512 connections are already waiting)"
        ),
        (.tooManyConnections(900), 1040, "roost: ramen/data has 900 open connections and accepts no more"),
    ])
    func namesTheServiceAndTheReason(_ refusal: Refusal, _ code: UInt16, _ message: String) {
        let packet = MySQLErrorPacket(refusal, of: "ramen/data")
        #expect(packet.code.rawValue == code)
        #expect(packet.message == message)
    }

    @Test func cutsAMessageThatClientsWouldCut() throws {
        let packet = MySQLErrorPacket(.stopped, of: String(repeating: "x", count: 70_000)).bytes
        let error = try #require(MySQLClientError(packet))
        #expect(error.message.utf8.count == 500)
    }

    @Test func otherWiresAreDisconnectedWithoutAWord() {
        #expect(Wire(name: "mongodb").refusal(.stopped, of: "ramen/data") == nil)
    }
}

/// Reads an error as client libraries do: header, 0xff, code, message without SQLSTATE.
struct MySQLClientError: Equatable {
    let code: UInt16
    let message: String

    init(code: UInt16, message: String) {
        self.code = code
        self.message = message
    }

    init?(_ packet: ByteBuffer) {
        var packet = packet
        guard let low = packet.readInteger(endianness: .little, as: UInt16.self),
            let high = packet.readInteger(as: UInt8.self), let sequence = packet.readInteger(as: UInt8.self),
            sequence == 0, Int(high) << 16 | Int(low) == packet.readableBytes,
            packet.readInteger(as: UInt8.self) == 0xff,
            let code = packet.readInteger(endianness: .little, as: UInt16.self),
            let message = packet.readString(length: packet.readableBytes), !message.hasPrefix("#")
        else { return nil }
        self.init(code: code, message: message)
    }
}
