import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostAPI
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
            base = "http+unix://\(path.percentEncoded)"
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

    /// Calls an endpoint without a body.
    func call<Path, Answer: Decodable>(
        _ endpoint: Endpoint<Path, NoBody, Answer>, _ path: Path, query: Query = [],
        within limit: Duration = .seconds(120)
    ) async throws(Problem) -> Answer {
        try await call(endpoint, path, query: query, json: nil, within: limit)
    }

    /// Calls an endpoint with a body.
    func call<Path, Body: RequestBody, Answer: Decodable>(
        _ endpoint: Endpoint<Path, Body, Answer>, _ path: Path, query: Query = [], _ body: Body
    ) async throws(Problem) -> Answer {
        try await call(endpoint, path, query: query, json: body, within: .seconds(120))
    }

    /// Calls an endpoint that has nothing to tell.
    func tell<Path>(_ endpoint: Endpoint<Path, NoBody, NoAnswer>, _ path: Path) async throws(Problem) {
        let request = try request(endpoint, path, query: [], body: nil)
        _ = try await collect(try await execute(request, deadline: .now() + .seconds(120)))
    }

    private func call<Path, Body, Answer: Decodable>(
        _ endpoint: Endpoint<Path, Body, Answer>, _ path: Path, query: Query, json body: (any RequestBody)?,
        within limit: Duration
    ) async throws(Problem) -> Answer {
        let request = try request(endpoint, path, query: query, body: body)
        let data = try await collect(try await execute(request, deadline: .now() + TimeAmount(limit)))
        return try decoded(data, of: endpoint)
    }

    /// The items of a list.
    func list<Path, Item: Codable & Sendable>(
        _ endpoint: Endpoint<Path, NoBody, ItemList<Item>>, _ path: Path, query: Query = [],
        within limit: Duration = .seconds(120)
    ) async throws(Problem) -> [Item] {
        try await call(endpoint, path, query: query, within: limit).items
    }

    /// The items of a list whose path has no parameters.
    func list<Item: Codable & Sendable>(
        _ endpoint: Endpoint<NoParameters, NoBody, ItemList<Item>>, query: Query = [],
        within limit: Duration = .seconds(120)
    ) async throws(Problem) -> [Item] {
        try await list(endpoint, NoParameters(), query: query, within: limit)
    }

    /// Sends a body of bytes, whose end may not be known yet, and returns the undecoded answer.
    @discardableResult
    func upload<Path, Answer>(
        _ endpoint: Endpoint<Path, ByteBody, Answer>, _ path: Path, query: Query = [], body: HTTPClientRequest.Body,
        type: String = "application/octet-stream", within limit: TimeAmount
    ) async throws(Problem) -> Data {
        var request = try request(endpoint, path, query: query, body: nil)
        request.headers.add(name: "Content-Type", value: type)
        request.body = body
        return try await collect(try await execute(request, deadline: .now() + limit))
    }

    func decoded<Path, Body, Answer: Decodable>(
        _ data: Data, of endpoint: Endpoint<Path, Body, Answer>
    ) throws(Problem) -> Answer {
        do { return try JSON.decode(from: data) } catch {
            throw Problem(
                .failed,
                "unexpected response from \(address) to \(endpoint.method.rawValue) \(endpoint.template): \(error)")
        }
    }

    /// Reads a streaming answer: each piece as it arrives, until the daemon ends the stream.
    func stream<Path, Answer>(
        _ endpoint: Endpoint<Path, NoBody, Answer>, _ path: Path, query: Query = [], accept: String,
        each: (Data) throws(Problem) -> Void
    ) async throws(Problem) {
        var request = try request(endpoint, path, query: query, body: nil)
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

    private func request<Path, Body, Answer>(
        _ endpoint: Endpoint<Path, Body, Answer>, _ path: Path, query: Query, body: (any RequestBody)?
    ) throws(Problem) -> HTTPClientRequest {
        assert(query.allSatisfy { endpoint.query.contains($0.name) }, "\(endpoint.template) has other query items")
        let items = query.compactMap { item in item.value.map { "\(item.name)=\($0.percentEncoded)" } }
        let place = base + endpoint.path(path)
        var request = HTTPClientRequest(url: place + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
        request.method = HTTPMethod(rawValue: endpoint.method.rawValue)
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
}
