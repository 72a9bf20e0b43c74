import Hummingbird
import RoostModel

/// Tokens: list, add, remove.
struct TokenRoutes: Sendable {
    let platform: any Platform

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.tokens, .administer, handler: list),
            HTTPRoute(.post, Paths.tokens, .administer, handler: add),
            HTTPRoute(.delete, "\(Paths.tokens)/{token}", .administer, handler: remove),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        let tokens = try await platform.tokens()
        return try .list(tokens.map { TokenInfo(name: $0.name, scope: $0.scope, createdAt: $0.createdAt, token: nil) })
    }

    private func add(_ call: Call) async throws -> Response {
        let request: TokenRequest = try await call.body()
        guard Access(scope: request.scope) != nil else {
            throw Problem(
                .bodyInvalid, "field 'scope' must be admin, read or app:NAME, not '\(request.scope.prefix(80))'")
        }
        return try .json(try await platform.addToken(request), status: .created)
    }

    private func remove(_ call: Call) async throws -> Response {
        try await call.noBody()
        try await platform.removeToken(try call.parameter("token"))
        return Response(status: .noContent)
    }
}
