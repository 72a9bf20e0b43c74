import Glibc

/// Ends one connection of a client library from another thread.
///
/// A library closes its socket by itself when the server ends the connection, and the descriptor's number may then
/// belong to another connection of this process. So this keeps a descriptor of its own for the same socket.
final class ConnectionEnd: Sendable {
    private let descriptor: Int32

    /// `socket`: the library's descriptor. If none can be had, `shutDown` has no effect.
    init(of socket: Int32) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whoever reads from or writes to the connection gets an error or its end. The library's descriptor stays open.
    func shutDown() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
}
