import Glibc

/// The Unix socket on which a supervisor reports its status: each connection gets the answer, and nothing is read.
enum StatusSocket {
    static func listen(at path: String) throws(SystemError) -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard listener >= 0 else { throw SystemError(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw SystemError(ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        // Remove the socket of an earlier supervisor. The instance's lock rules out two supervisors at once.
        unlink(path)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Glibc.listen(listener, 16) == 0 else { throw SystemError(errno) }
        return listener
    }

    /// Answers all pending connections. An answer is far smaller than a socket's buffer.
    static func answerAll(_ listener: Int32, _ answer: () -> String) {
        while true {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { return }
            let text = answer()
            _ = text.utf8.withContiguousStorageIfAvailable {
                send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            close(peer)
        }
    }
}
