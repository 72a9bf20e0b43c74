import Glibc
import RoostModel

/// TCP ports of 127.0.0.1.
package enum LoopbackPorts {
    /// Whether a server could listen on the port now. Tested by a bind as strict as any server's: a port with
    /// connections of an earlier server in TIME_WAIT counts as taken. So use this for new ports, not before each
    /// restart.
    package static func isFree(_ port: PortNumber) -> Bool { canBind(port, asAgain: false) }

    /// Whether a server that had the port before may bind it again. Connections in TIME_WAIT do not prevent that,
    /// since the router and every engine bind with SO_REUSEADDR; another listening socket does.
    package static func isFreeAgain(_ port: PortNumber) -> Bool { canBind(port, asAgain: true) }

    private static func canBind(_ port: PortNumber, asAgain: Bool) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var yes: Int32 = 1
        if asAgain { setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.rawValue.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// The lowest free port of the range that is not in `taken`. Nil if there is none.
    package static func firstFree(in range: PortRange, excluding taken: Set<PortNumber>) -> PortNumber? {
        range.ports.first { !taken.contains($0) && isFree($0) }
    }
}
