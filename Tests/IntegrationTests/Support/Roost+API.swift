import Foundation
import RoostModel

/// An answer of the HTTP API.
struct APIAnswer: Sendable {
    let status: Int
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    func problem() throws -> ProblemBody.Content { try JSON.decode(ProblemBody.self, from: body).error }
}

extension Roost {
    /// Sends a request over the Unix socket, written out by hand so that a test can send what no client would.
    func api(
        _ method: String, _ path: String, body: Data = Data(), patience: Duration = .seconds(60)
    ) async throws -> APIAnswer {
        let head = """
            \(method) \(path) HTTP/1.1\r
            Host: localhost\r
            Content-Type: application/json\r
            Content-Length: \(body.count)\r
            Connection: close\r
            \r

            """
        let request = Data(head.utf8) + body
        let answer = try await UnixSocket.exchange(request, path: reach(socket), patience: patience)
        return try parse(answer)
    }

    private func parse(_ data: Data) throws -> APIAnswer {
        guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw Unexpected("no HTTP answer: \(String(decoding: data.prefix(200), as: UTF8.self))")
        }
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status else { throw Unexpected("no status line: \(head)") }
        return APIAnswer(status: status, body: Data(data[end.upperBound...]))
    }
}

/// Plain blocking sockets, on a thread of their own.
enum UnixSocket {
    private static let queue = DispatchQueue(label: "roost.tests.sockets", attributes: .concurrent)

    /// Sends `request` and reads until the other side closes.
    static func exchange(_ request: Data, path: String, patience: Duration) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try talk(request, path: path, patience: patience) })
            }
        }
    }

    private static func talk(_ request: Data, path: String, patience: Duration) throws -> Data {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Unexpected("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try connect(descriptor, to: path)
        sendAll(request, over: descriptor)

        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return answer }
            if count < 0 {
                // A server that refuses a body half-way may reset the connection after its answer.
                guard !answer.isEmpty else { throw Unexpected("\(path) does not answer: errno \(errno)") }
                return answer
            }
            answer.append(contentsOf: buffer[..<count])
        }
    }

    private static func connect(_ descriptor: Int32, to path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw Unexpected("the path is too long for a socket: \(path)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Unexpected("cannot connect to \(path): errno \(errno)") }
    }

    /// Sends until all is sent, or an answer comes before that, which ends the request.
    private static func sendAll(_ request: Data, over descriptor: Int32) {
        request.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count, let start = bytes.baseAddress {
                var state = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
                guard poll(&state, 1, 60_000) > 0, state.revents & Int16(POLLIN) == 0 else { return }
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                let count = send(descriptor, start + sent, bytes.count - sent, flags)
                if count <= 0 { return }
                sent += count
            }
        }
    }
}
