import Foundation
import Glibc
import RoostModel
import Synchronization
import Testing

/// An HTTP server on a Unix socket that answers as a test tells it to: one thread a connection, nothing shared with
/// the client's own HTTP code.
final class FakeDaemon: Sendable {
    struct Request: Sendable {
        let method: String
        /// The path with the query.
        let target: String
        let headers: [String: String]
        let body: Data

        var path: String { String(target.prefix { $0 != "?" }) }
    }

    struct Response: Sendable {
        var status = 200
        var headers: [String: String] = ["Content-Type": "application/json"]
        var body = Data()
        /// A body that is sent piece by piece, as a stream without a known length; `body` is then left out.
        var pieces: [Data]?

        static func json(_ value: some Encodable, status: Int = 200) throws -> Response {
            Response(status: status, body: try JSON.encode(value))
        }

        static func problem(_ code: ProblemCode, _ message: String = "no", next: [String] = []) throws -> Response {
            try json(ProblemBody(Problem(code, message, next: next)), status: code.httpStatus)
        }

        static func pieces(_ texts: [String], type: String) -> Response {
            Response(headers: ["Content-Type": type], pieces: texts.map { Data($0.utf8) })
        }
    }

    let home: String
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let answer: @Sendable (Request) throws -> Response

    /// The requests received, in order.
    var requests: [Request] { seen.withLock { $0 } }

    init(home: String, answer: @escaping @Sendable (Request) throws -> Response) throws {
        self.home = home
        self.answer = answer
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "\(home)/roostd.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Data(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 16) == 0, "no socket at \(path): \(errno)")
        let accepting = Thread { [self] in accept() }
        accepting.start()
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            let serving = Thread { [self] in serve(connection) }
            serving.start()
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var buffer = Data()
        while let request = read(connection, &buffer) {
            seen.withLock { $0.append(request) }
            let response: Response
            do {
                response = try answer(request)
            } catch {
                response = Response(status: 500, body: Data("\(error)".utf8))
            }
            guard send(response, to: connection) else { return }
        }
    }

    private func read(_ connection: Int32, _ buffer: inout Data) -> Request? {
        let separator = Data("\r\n\r\n".utf8)
        while true {
            if let end = buffer.firstRange(of: separator) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in head.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if buffer.distance(from: end.upperBound, to: buffer.endIndex) >= length {
                    let bodyEnd = buffer.index(end.upperBound, offsetBy: length)
                    let words = head[0].split(separator: " ")
                    defer { buffer = Data(buffer[bodyEnd...]) }
                    return Request(
                        method: String(words[0]), target: String(words[1]), headers: headers,
                        body: Data(buffer[end.upperBound..<bodyEnd]))
                }
            }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(connection, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    private func send(_ response: Response, to connection: Int32) -> Bool {
        var headers = response.headers
        headers[response.pieces == nil ? "Content-Length" : "Transfer-Encoding"] =
            response.pieces == nil ? "\(response.body.count)" : "chunked"
        var data = Data("HTTP/1.1 \(response.status) Answer\r\n".utf8)
        for (name, value) in headers { data.append(Data("\(name): \(value)\r\n".utf8)) }
        data.append(Data("\r\n".utf8))
        data.append(response.body)
        guard write(data, to: connection) else { return false }
        guard let pieces = response.pieces else { return true }
        for piece in pieces {
            let framed = Data("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Data("\r\n".utf8)
            guard write(framed, to: connection) else { return false }
        }
        return write(Data("0\r\n\r\n".utf8), to: connection)
    }

    private func write(_ data: Data, to connection: Int32) -> Bool {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
