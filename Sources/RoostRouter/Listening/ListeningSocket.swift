import Glibc
import NIOCore
import RoostModel

/// Makes listening sockets without NIO, which neither makes a socket IPv6-only nor sets the options that accepted
/// sockets inherit before the first connection can be accepted.
enum ListeningSocket {
    /// The reason why a socket could not be opened.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case addressInUse
        /// The machine has no such address: mostly, it has no IPv6.
        case addressUnavailable
        case other(step: String, errno: CInt)

        var description: String {
            switch self {
            case .addressInUse: "address in use"
            case .addressUnavailable: "no such address on this machine"
            case .other(let step, let code): "\(step): \(String(cString: strerror(code)))"
            }
        }
    }

    /// Maximum of connections that wait to be accepted; the kernel has a limit of its own, `net.core.somaxconn`.
    static let backlog: CInt = 4096

    /// Opens a listening socket, which the caller closes.
    static func open(_ address: ListenAddress) throws(Failure) -> CInt {
        guard let socketAddress = try? SocketAddress(ipAddress: address.host, port: address.port.number) else {
            throw .addressUnavailable  // The hosts are ours, see `Route.listenAddresses`; this cannot happen.
        }
        let socket = Glibc.socket(
            address.isIPv6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw failure("socket") }
        do throws(Failure) {
            try set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
            // Otherwise the socket of `::` would take the IPv4 port, too, and 0.0.0.0 could not be bound.
            if address.isIPv6 { try set(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
            try set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
            try set(socket, CInt(IPPROTO_TCP), TCP_KEEPIDLE, Tuning.KeepAlive.idleSeconds)
            try set(socket, CInt(IPPROTO_TCP), TCP_KEEPINTVL, Tuning.KeepAlive.intervalSeconds)
            try set(socket, CInt(IPPROTO_TCP), TCP_KEEPCNT, Tuning.KeepAlive.probes)
            let bound = socketAddress.withSockAddr { bind(socket, $0, socklen_t($1)) }
            guard bound == 0 else { throw failure("bind") }
            try listen(socket)
            return socket
        } catch {
            close(socket)
            throw error
        }
    }

    static func listen(_ socket: CInt) throws(Failure) {
        guard Glibc.listen(socket, backlog) == 0 else { throw failure("listen") }
    }

    private static func set(_ socket: CInt, _ level: CInt, _ name: CInt, _ value: Int) throws(Failure) {
        var value = CInt(value)
        guard setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<CInt>.size)) == 0 else {
            throw failure("setsockopt")
        }
    }

    private static func failure(_ step: String) -> Failure {
        switch errno {
        case EADDRINUSE: .addressInUse
        case EADDRNOTAVAIL, EAFNOSUPPORT: .addressUnavailable
        default: .other(step: step, errno: errno)
        }
    }
}
