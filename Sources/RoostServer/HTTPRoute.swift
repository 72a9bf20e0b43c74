import Hummingbird
import RoostModel

/// A row of the API: method and path, the permission that callers need, the known query items, and the handler.
struct HTTPRoute: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    /// The path with its parameters in braces: `/v1/applications/{application}`.
    let path: String
    let permission: Permission
    /// The query items that the route knows.
    let query: [String]
    /// The query item that asks for secrets; nil if the route has none.
    let secretItem: String?
    /// The permission that `secretItem` requires.
    let secretPermission: Permission
    /// Whether HEAD is answered like GET. False for a GET that changes something or never ends.
    let answersHead: Bool
    let handler: Handler

    init(
        _ method: HTTPRequest.Method, _ path: String, _ permission: Permission, query: [String] = [],
        secretItem: String? = nil,
        secretPermission: Permission = .readSecrets, head: Bool = true, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.permission = permission
        self.query = query
        self.secretItem = secretItem
        self.secretPermission = secretPermission
        self.answersHead = head && method == .get
        self.handler = handler
    }

    func matches(path other: String) -> Bool {
        let own = path.split(separator: "/")
        let theirs = other.split(separator: "/")
        return own.count == theirs.count && zip(own, theirs).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
