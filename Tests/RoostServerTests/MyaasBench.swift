import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import RoostModel
import Testing

@testable import RoostServer

/// The listener over a fake platform, called without a socket.
struct MyaasBench: Sendable {
    let platform = FakePlatform()
    private let app: Bench.App

    init(_ change: (inout MyaasSettings) -> Void = { _ in }, timeouts: Timeouts = Timeouts()) {
        var settings = MyaasSettings(host: "127.0.0.1", port: 0, hostname: "db.example.org")
        change(&settings)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let routes = MyaasRoutes(
            clones: platform, myaas: platform, templates: platform, operations: platform, settings: settings,
            timeouts: timeouts)
        app = Bench.App(router: routes.router(logger: quiet, hosts: nil), logger: quiet)
    }

    func send(
        _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, type: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let type { headers[.contentType] = type }
        let fields = headers
        return try await app.test(.router) { client in
            try await client.execute(
                uri: uri, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) })
        }
    }

    func document(_ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil) async throws -> NSDictionary {
        let response = try await send(method, uri, body)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(response.text.utf8)) as? NSDictionary, "\(response.text)")
    }
}
