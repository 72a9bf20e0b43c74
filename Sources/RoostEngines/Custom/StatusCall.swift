import Glibc
import RoostModel

/// A request to a supervisor's socket. Blocks for a bounded time: the socket is in a folder of the service's user,
/// who may have put anything there.
enum StatusCall {
    private static let patience = timeval(tv_sec: 2, tv_usec: 0)
    private static let longestAnswer = 64 << 10

    /// Throws `.refused` if no process listens, `.notReachable` if no answer comes.
    static func answer(at path: String) throws(EngineError) -> String {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .notReachable("no socket: \(text(errno))") }
        defer { close(socket) }
        var limit = patience
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .notReachable("the path of its socket is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            if errno == ENOENT || errno == ECONNREFUSED { throw .refused(code: Int(errno), message: text(errno)) }
            throw .notReachable("its supervisor does not answer: \(text(errno))")
        }
        return try read(socket)
    }

    private static func read(_ socket: Int32) throws(EngineError) -> String {
        let deadline = ContinuousClock.now + .seconds(4)
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 8192)
        while bytes.count < longestAnswer, ContinuousClock.now < deadline {
            let count = recv(socket, &part, part.count, 0)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            guard count > 0 else { throw .notReachable("its supervisor does not answer: \(text(errno))") }
            bytes += part[..<count]
        }
        throw .notReachable("its supervisor's answer is incomplete")
    }

    private static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
