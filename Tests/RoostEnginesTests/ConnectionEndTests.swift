import Glibc
import Testing

@testable import RoostEngines

@Suite
struct ConnectionEndTests {
    @Test func theConnectionEndsForBothSides() throws {
        let connection = try SocketPair()
        ConnectionEnd(of: connection.near).shutDown()
        #expect(connection.isEnded)
    }

    /// After the library has closed its socket, the number may belong to another connection.
    @Test func aConnectionThatGotTheNumberGoesOn() throws {
        let (connection, other) = (try SocketPair(), try SocketPair())
        let end = ConnectionEnd(of: connection.near)
        // What a close by the library and the next connection of another thread amount to.
        try #require(dup2(other.near, connection.near) == connection.near)
        end.shutDown()
        #expect(!other.isEnded)
    }

    @Test func aSocketThatIsGoneIsNoError() {
        ConnectionEnd(of: -1).shutDown()
    }
}

/// Two connected sockets.
private final class SocketPair {
    let near: Int32
    private let far: Int32

    init() throws {
        var sockets: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        (near, far) = (sockets[0], sockets[1])
    }

    /// Whether the far side reads the end of the connection; it does not wait.
    var isEnded: Bool {
        var byte: UInt8 = 0
        return recv(far, &byte, 1, Int32(MSG_DONTWAIT)) == 0
    }

    deinit { for socket in [near, far] { close(socket) } }
}
