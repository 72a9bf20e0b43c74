import CHost
import Foundation
import Testing

/// Listening sockets pass from one router to the next.
@Suite(.timeLimit(.minutes(1)))
struct DescriptorPassingTests {
    private func withSocketPair(_ body: (Int32, Int32) throws -> Void) throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for socket in pair { close(socket) } }
        try body(pair[0], pair[1])
    }

    private func identity(_ file: Int32) throws -> UInt64 {
        var status = stat()
        try #require(fstat(file, &status) == 0)
        return UInt64(status.st_ino)
    }

    /// A message holds at most 253 descriptors.
    @Test(arguments: [0, 1, 253, 254, 600])
    func descriptorsArriveInOrderAndInPlace(_ count: Int) throws {
        try withSocketPair { here, there in
            let folder = FileManager.default.temporaryDirectory.path()
            let sent = (0..<count).map { open($0 % 2 == 0 ? "/dev/null" : folder, O_RDONLY | O_CLOEXEC) }
            defer { for file in sent { close(file) } }
            // Descriptors keep their position in the stream: bytes that were written before them are read before
            // them.
            try #require(write(here, "{}\n", 3) == 3)
            #expect(chost_send_fds(here, sent, Int32(count)) == 0)
            try #require(write(here, "end", 3) == 3)
            var text = [UInt8](repeating: 0, count: 3)
            try #require(Foundation.read(there, &text, 3) == 3)
            var received = [Int32](repeating: -1, count: 1000)
            #expect(chost_recv_fds(there, &received, 1000) == Int32(count))
            defer { for file in received.prefix(count) { close(file) } }
            #expect(try received.prefix(count).map(identity) == sent.map(identity))
            #expect(received.prefix(count).allSatisfy { fcntl($0, F_GETFD) == FD_CLOEXEC })
            try #require(Foundation.read(there, &text, 3) == 3)
            #expect(text == Array("end".utf8))
        }
    }

    @Test func tooManyDescriptorsAreRefused() throws {
        try withSocketPair { here, there in
            let files = [Int32](repeating: here, count: 3)
            #expect(chost_send_fds(here, files, 3) == 0)
            var received: [Int32] = [-1, -1]
            #expect(chost_recv_fds(there, &received, 2) == -1)
            #expect(errno == EMSGSIZE)
        }
    }

    @Test func anEarlyEndIsAnError() throws {
        try withSocketPair { here, there in
            shutdown(here, Int32(SHUT_WR))
            var received: [Int32] = [-1]
            #expect(chost_recv_fds(there, &received, 1) == -1)
            #expect(errno == ECONNRESET)
        }
    }
}
