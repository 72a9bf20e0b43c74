import Glibc
import NIOCore

/// The listening Unix socket that roostd connects to.
enum ControlSocket {
    /// Replaces any file at the path: the caller holds the router's lock, so an existing socket is not in use. The
    /// path exists at every moment: a draining router would take a missing path as the signal to end.
    static func open(at path: String) throws(RouterError) -> CInt {
        let fresh = "\(path).new"
        let address = try address(fresh)
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .socketUnusable(path: path, step: "socket", errno: errno) }
        func fail(_ step: String) -> RouterError {
            let error = RouterError.socketUnusable(path: path, step: step, errno: errno)
            close(socket)
            return error
        }
        guard unlink(fresh) == 0 || errno == ENOENT else { throw fail("unlink") }
        // Set the mode before the name exists, so that at no moment another user could connect.
        guard fchmod(socket, 0o600) == 0 else { throw fail("fchmod") }
        guard address.withSockAddr({ bind(socket, $0, socklen_t($1)) }) == 0 else { throw fail("bind") }
        guard listen(socket, 16) == 0 else { throw fail("listen") }
        guard rename(fresh, path) == 0 else { throw fail("rename") }
        return socket
    }

    /// A blocking connection to the router that listens at the path. Nil if there is none.
    static func connect(to path: String) throws(RouterError) -> CInt? {
        let address = try address(path)
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .socketUnusable(path: path, step: "socket", errno: errno) }
        guard address.withSockAddr({ Glibc.connect(socket, $0, socklen_t($1)) }) == 0 else {
            let error = RouterError.socketUnusable(path: path, step: "connect", errno: errno)
            let isAbsent = errno == ENOENT || errno == ECONNREFUSED
            close(socket)
            if isAbsent { return nil }
            throw error
        }
        return socket
    }

    private static func address(_ path: String) throws(RouterError) -> SocketAddress {
        do { return try SocketAddress(unixDomainSocketPath: path) } catch { throw .pathTooLong(path) }
    }
}
