import Foundation
import Hummingbird
import Logging
import NIOCore
import RoostModel
import ServiceLifecycle

/// Hummingbird's context of a request, with the caller's address.
struct CallContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Nil on the Unix socket.
    let remoteAddress: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
    }
}

/// An admitted request, as the routes see it.
struct Call: Sendable {
    /// Size limit of a request body, in bytes.
    static let bodyLimit = 2 << 20

    let request: Request
    let parameters: Parameters
    let query: Query
    let caller: Caller
    let scope: Scope
    let entrance: Entrance
    let remoteAddress: String?
    /// The token that admitted the request.
    let token: String?
    let bodyTime: Duration
    /// Whether the caller would still be admitted: a token may be removed while a stream is open.
    let remainsAdmitted: @Sendable () async -> Bool

    func parameter(_ name: String) throws(Problem) -> String {
        let text = parameters.get(name).flatMap { $0.removingPercentEncoding } ?? ""
        // Names and ids of every kind are at most 128 visible ASCII characters without `/`; no other text can match
        // one.
        guard !text.isEmpty, text.utf8.count <= 128, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f })
        else { throw Problem(.nameInvalid, "'\(text.prefix(128))' is not a valid \(name)") }
        return text
    }

    func application() throws(Problem) -> ApplicationName { try name("application") }

    func service() throws(Problem) -> ServiceID { ServiceID(try application(), try name("service")) }

    func instance() throws(Problem) -> InstanceID {
        let text = try parameter("instance")
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let service = ServiceName(rawValue: String(parts[0])), let index = Int(parts[1]),
            index >= 0, String(index) == parts[1]
        else { throw Problem(.nameInvalid, "'\(text)' is not a valid instance: use SERVICE.NUMBER, such as data.0") }
        return InstanceID(ServiceID(try application(), service), index)
    }

    /// The application that a list is narrowed to: the requested one, or the only one that the caller may see.
    func applicationFilter() throws(Problem) -> ApplicationName? {
        guard let text = query.text("application") else { return scope.onlyApplication }
        let name = try checked(ApplicationName.self, text)
        guard scope.includes(name.rawValue) else { throw .outOfScope(name) }
        return name
    }

    /// Reads `?service=NAME`, a service of the path's application.
    func serviceFilter() throws(Problem) -> ServiceName? {
        guard let text = query.text("service") else { return nil }
        return try checked(ServiceName.self, text)
    }

    /// Reads `?wait=ready`.
    func waits() throws(Problem) -> Bool {
        let wait: WaitFor? = try query.choice("wait")
        return wait != nil
    }

    private enum WaitFor: String, CaseIterable { case ready }

    func body<Body: RoostModel.RequestBody>(_ type: Body.Type = Body.self) async throws -> Body {
        if let contentType = request.headers[.contentType], !contentType.lowercased().hasPrefix("application/json") {
            throw Problem(
                .bodyInvalid, "unsupported content type '\(contentType.prefix(80))'; the body must be JSON",
                next: ["send it with the header 'Content-Type: application/json'"])
        }
        return try JSON.request(type, from: try await rawBody(limit: Self.bodyLimit))
    }

    /// For routes without a body: a body that is sent nevertheless is an error, not ignored.
    func noBody() async throws {
        let text = String(decoding: try await rawBody(limit: Self.bodyLimit), as: UTF8.self)
        guard ["", "{}"].contains(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Problem(.bodyInvalid, "this request takes no body")
        }
    }

    func rawBody(limit: Int) async throws -> Data {
        let tooLarge = Problem(.bodyTooLarge, "the body is larger than \(ByteCount(bytes: Int64(limit)))")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let late = Problem(.timedOut, "the body did not arrive within \(bodyTime.components.seconds) s")
        let body = request.body
        do {
            let buffer = try await within(bodyTime, or: late) { try await body.collect(upTo: limit) }
            return Data(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    private func name<Name: ValidatedName>(_ parameter: String) throws(Problem) -> Name {
        try checked(Name.self, try self.parameter(parameter))
    }
}

/// Parses a name, or throws a problem that describes the valid form.
func checked<Name: ValidatedName>(_ type: Name.Type, _ text: String) throws(Problem) -> Name {
    do {
        return try Name(text)
    } catch {
        throw Problem(.nameInvalid, "\(error)")
    }
}

/// Returns the value of `operation`. Throws `late` after `limit`, and is cancelled when the daemon stops.
func within<Value: Sendable>(
    _ limit: Duration, or late: Problem, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await cancelWhenGracefulShutdown {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw late
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}
