import HTTPTypes
import RoostAPI
import RoostModel

extension HTTPRequest.Method {
    fileprivate init(_ method: EndpointMethod) {
        self =
            switch method {
            case .get: .get
            case .put: .put
            case .post: .post
            case .delete: .delete
            }
    }
}

/// Routes of the API's endpoints: the handler gets and gives what the endpoint names.
extension HTTPRoute {
    /// A body that is sent nevertheless is refused, except with GET.
    init<Path, Answer>(
        _ endpoint: Endpoint<Path, NoBody, Answer>, _ permission: Permission, secretItem: String? = nil,
        secretPermission: Permission = .readSecrets, head: Bool = true,
        handler: @escaping @Sendable (Call) async throws -> Reply<Answer>
    ) {
        self.init(
            HTTPRequest.Method(endpoint.method), endpoint.template, permission, query: endpoint.query,
            secretItem: secretItem, secretPermission: secretPermission, head: head
        ) { call in
            if endpoint.method != .get { try await call.noBody() }
            return try await handler(call).response
        }
    }

    init<Path, Body: RoostModel.RequestBody, Answer>(
        _ endpoint: Endpoint<Path, Body, Answer>, _ permission: Permission,
        handler: @escaping @Sendable (Call, Body) async throws -> Reply<Answer>
    ) {
        self.init(HTTPRequest.Method(endpoint.method), endpoint.template, permission, query: endpoint.query) { call in
            // A query item that is not understood is reported before the body is read.
            if endpoint.query.contains("wait") { _ = try call.waits() }
            return try await handler(call, try await call.body(Body.self)).response
        }
    }

    /// The handler reads the bytes of the body itself.
    init<Path, Answer>(
        _ endpoint: Endpoint<Path, ByteBody, Answer>, _ permission: Permission,
        handler: @escaping @Sendable (Call) async throws -> Reply<Answer>
    ) {
        self.init(HTTPRequest.Method(endpoint.method), endpoint.template, permission, query: endpoint.query) { call in
            try await handler(call).response
        }
    }
}
