import Hummingbird
import RoostAPI
import RoostModel

/// Tokens: list, add, remove.
struct TokenRoutes: Sendable {
    let access: any AccessAPI

    var routes: [HTTPRoute] {
        [
            HTTPRoute(TokenEndpoints.list, .administer, handler: list),
            HTTPRoute(TokenEndpoints.add, .administer, handler: add),
            HTTPRoute(TokenEndpoints.remove, .administer, handler: remove),
        ]
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<TokenInfo>> {
        let tokens = try await access.tokens()
        return try .list(tokens.map { TokenInfo(name: $0.name, scope: $0.scope, createdAt: $0.createdAt, token: nil) })
    }

    private func add(_ call: Call, _ body: TokenRequest) async throws -> Reply<TokenInfo> {
        guard Access(scope: body.scope) != nil else {
            throw Problem(
                .bodyInvalid, "field 'scope' must be admin, read or app:NAME, not '\(body.scope.prefix(80))'")
        }
        return try .json(try await access.addToken(body), status: .created)
    }

    private func remove(_ call: Call) async throws -> Reply<NoAnswer> {
        try await access.removeToken(try call.parameter("token"))
        return .done
    }
}
