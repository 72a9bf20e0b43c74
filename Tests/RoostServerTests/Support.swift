import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import RoostModel
import Testing

@testable import RoostServer

/// A server over a fake platform, called without a socket.
struct Bench: Sendable {
    typealias App = Hummingbird.Application<RouterResponder<CallContext>>

    /// Read once for all tests: the template engine takes its time in debug builds.
    static let pages = Result { try Pages() }

    let platform: FakePlatform
    let api: API
    let log: RecordedLog
    private let local: App
    private let network: App

    init(
        platform: FakePlatform = FakePlatform(), listen: (host: String, port: Int)? = ("127.0.0.1", 0),
        allowedHosts: [String] = [], timeouts: Timeouts = Timeouts()
    ) throws {
        self.platform = platform
        let log = RecordedLog()
        self.log = log
        let settings = ServerSettings(
            socketPath: "/nowhere", listen: listen, allowedHosts: allowedHosts, version: "1.2.3")
        let logger = Logger(label: "test") { _ in RecordingHandler(log: log) }
        let start = ContinuousClock.now
        let api = API(
            platform: platform.value, settings: settings, logger: logger, pages: try Self.pages.get(),
            timeouts: timeouts,
            signOns: SignOnFailures { start })
        self.api = api
        api.address.port = listen == nil ? nil : 5080
        var quiet = Logger(label: "library")
        quiet.logLevel = .critical
        local = App(router: api.router(for: .local), logger: quiet)
        network = App(router: api.router(for: .network), logger: quiet)
    }

    /// Sends one request through the router.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, body: String? = nil, token: String? = nil,
        headers: HTTPFields = [:], at entrance: Entrance? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let entrance = entrance ?? (token == nil ? .local : .network)
        let fields = headers
        return try await (entrance == .local ? local : network).test(.router) { client in
            try await client.execute(
                uri: uri, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) })
        }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSON.decode(type, from: Data(body.readableBytesView))
    }

    /// Decodes the problem that the answer must be.
    func problem() throws -> Problem { try decoded(ProblemBody.self).problem }
}

/// The logged lines, each with its metadata.
final class RecordedLog: Sendable {
    let lines = Lines()
    var text: String { lines.all.joined(separator: "\n") }
    func append(_ line: String) { lines.append(line) }
    func end() { lines.end() }
}

/// Writes into a `RecordedLog`.
struct RecordingHandler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        log.append("\(event.level) \(event.message) \(pairs)")
    }
}
