import Glibc
import NIOCore

extension Channel {
    /// A close-on-exec copy of the channel's descriptor, which the caller closes.
    func copySocket() async throws -> CInt {
        try await eventLoop.submit {
            try self.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
                guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
                return copy
            }
        }.get() ?? { throw ChannelError.operationUnsupported }()
    }
}
