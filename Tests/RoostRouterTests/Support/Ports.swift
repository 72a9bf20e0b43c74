import Glibc
import RoostModel
import Synchronization

/// Hands out loopback ports that no process listens on, each port once. The ports are below the ephemeral range, so
/// that no outgoing connection of a test takes one meanwhile.
enum FreePort {
    private static let next = Mutex(Int.random(in: 10_000..<29_000))

    static func take() -> PortNumber {
        while true {
            let candidate = next.withLock { number in
                number = number < 32_000 ? number + 1 : 10_000
                return number
            }
            if let port = PortNumber(candidate), let socket = Occupied(port) {
                socket.release()
                return port
            }
        }
    }
}

/// A listener outside the router that occupies a port.
struct Occupied {
    private let socket: CInt

    /// Nil if the port is taken already.
    init?(_ port: PortNumber) {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var reuse: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.rawValue.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(socket, 1) == 0 else {
            close(socket)
            return nil
        }
    }

    func release() {
        close(socket)
    }
}
