import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostModel

/// HTTP client of the daemon: takes requests, returns values or throws `Problem`.
package struct RoostClient: Sendable {
    package typealias Query = [(name: String, value: String?)]

    /// The socket's path or the address, for messages.
    package let address: String
    private let base: String
    private let token: String?
    /// A single event loop suffices for a command line; starting one per core would delay the first byte.
    private let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let http: HTTPClient

    /// Size limit of an answer. Answers are small; a larger one does not come from roostd.
    private static let longestAnswer = 64 << 20
    package init(_ daemon: Settings.Daemon, token: String?) {
        switch daemon {
        case .socket(let path):
            address = path
            base = "http+unix://\(Self.escape(path))"
            // On the socket, the file mode decides on access. A token meant for another daemon is not sent.
            self.token = nil
        case .url(let url):
            address = url
            base = url
            self.token = token
        }
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: nil))
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .shared(loops), configuration: configuration)
    }

    package func close() async {
        // The process ends next, so a connection that fails to close is ignored.
        try? await http.shutdown()
        try? await loops.shutdownGracefully()
    }

    /// Sends a request and decodes its answer.
    func call<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, query: Query = [], body: (any RequestBody)? = nil,
        within limit: Duration = .seconds(120)
    ) async throws(Problem) -> Answer {
        let data = try await send(method, path, query: query, body: body, within: limit)
        do {
            return try JSON.decode(from: data)
        } catch {
            throw Problem(
                .failed, "unexpected response from \(address) to \(method.rawValue) \(path): \(error)")
        }
    }

    /// Sends a request and discards its answer.
    func tell(_ method: HTTPMethod, _ path: String, query: Query = []) async throws(Problem) {
        _ = try await send(method, path, query: query, body: nil, within: .seconds(120))
    }

    /// Sends a body that is not JSON.
    @discardableResult
    func upload(
        _ path: String, query: Query = [], by method: HTTPMethod = .PUT, body: HTTPClientRequest.Body, type: String,
        within limit: TimeAmount = .minutes(30)
    ) async throws(Problem) -> Data {
        var request = try request(method, path, query: query, body: nil)
        request.headers.add(name: "Content-Type", value: type)
        request.body = body
        return try await collect(try await execute(request, deadline: .now() + limit))
    }

    /// Sends a body whose end may not be known yet, and reads the answer.
    func send(
        _ method: HTTPMethod, _ path: String, body: HTTPClientRequest.Body, within limit: TimeAmount
    ) async throws(Problem) -> Data {
        var request = try request(method, path, query: [], body: nil)
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.body = body
        return try await collect(try await execute(request, deadline: .now() + limit))
    }

    /// Reads a streaming answer: each piece as it arrives, until the daemon ends the stream.
    func stream(
        _ path: String, query: Query = [], accept: String, each: (Data) throws(Problem) -> Void
    ) async throws(Problem) {
        var request = try request(.GET, path, query: query, body: nil)
        request.headers.replaceOrAdd(name: "Accept", value: accept)
        let response = try await execute(request, deadline: .distantFuture)
        do {
            for try await chunk in response.body { try each(Data(chunk.readableBytesView)) }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw unreachable(error)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, query: Query, body: (any RequestBody)?, within limit: Duration
    ) async throws(Problem) -> Data {
        let request = try request(method, path, query: query, body: body)
        let response = try await execute(request, deadline: .now() + TimeAmount(limit))
        return try await collect(response)
    }

    private func request(
        _ method: HTTPMethod, _ path: String, query: Query, body: (any RequestBody)?
    ) throws(Problem) -> HTTPClientRequest {
        let items = query.compactMap { item in item.value.map { "\(item.name)=\(Self.escape($0))" } }
        var request = HTTPClientRequest(url: base + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "roost/\(Version.current)")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            do {
                request.body = .bytes(try JSON.encode(body))
            } catch {
                throw Problem(.failed, "could not encode the request: \(error)")
            }
            request.headers.add(name: "Content-Type", value: "application/json")
        }
        return request
    }

    /// Sends the request and reads the head of the answer; an error answer becomes its `Problem`.
    private func execute(_ request: HTTPClientRequest, deadline: NIODeadline) async throws(Problem)
        -> HTTPClientResponse
    {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, deadline: deadline)
        } catch let problem as Problem {
            // Thrown by the source of the request's body.
            throw problem
        } catch {
            throw unreachable(error)
        }
        guard (200..<300).contains(response.status.code) else {
            throw problem(response.status, try await collect(response))
        }
        return response
    }

    private func collect(_ response: HTTPClientResponse) async throws(Problem) -> Data {
        do {
            return Data(try await response.body.collect(upTo: Self.longestAnswer).readableBytesView)
        } catch {
            throw unreachable(error)
        }
    }

    /// Percent-encodes every byte except letters, digits and `-._~`, so that a value never ends a query item, a path
    /// component or a host.
    static func escape(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where "-._~".utf8.contains(byte): escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
