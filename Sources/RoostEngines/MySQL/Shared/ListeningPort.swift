import Glibc
import RoostModel

/// A server of the MySQL family on a port of this host. Such a server speaks first.
enum ListeningPort {
    /// Whether a server that serves connections listens there. Blocks for a second at most.
    static func greets(_ port: PortNumber) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port.number).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        var answer = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard connected, poll(&answer, 1, 1000) == 1 else { return false }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 1
    }
}
