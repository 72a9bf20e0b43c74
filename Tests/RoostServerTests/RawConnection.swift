import Foundation
import Glibc
import Synchronization

/// A client that sends bytes as they are and hands out the answer's lines as they come.
final class RawConnection: Sendable {
    /// The error of a failed connection.
    struct Failure: Error { let errno: Int32 }

    let lines = Lines()
    private let descriptor: Int32

    /// Connects to `127.0.0.1:port`.
    init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr = in_addr(s_addr: in_addr_t(0x7f00_0001).bigEndian)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try begin(result)
    }

    /// Connects to a Unix socket.
    init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try begin(result)
    }

    deinit { Glibc.close(descriptor) }

    private func begin(_ result: Int32) throws {
        guard result == 0 else { throw Failure(errno: errno) }
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func get(_ uri: String, headers: [String] = []) {
        let lines = ["GET \(uri) HTTP/1.1", "Host: localhost"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Reads on a thread of its own until the other side ends.
    func read() {
        Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            var partial: [UInt8] = []
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                partial += buffer[..<count]
                while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                    lines.append(String(decoding: partial[..<end], as: UTF8.self))
                    partial.removeFirst(end + 1)
                }
            }
            if !partial.isEmpty { lines.append(String(decoding: partial, as: UTF8.self)) }
            lines.end()
        }.start()
    }

    /// Ends the connection at once; a thread that reads comes back.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Sends nothing more and goes on reading.
    func closeOutput() { shutdown(descriptor, Int32(SHUT_WR)) }
}
