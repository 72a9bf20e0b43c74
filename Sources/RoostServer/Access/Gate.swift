import Foundation
import Hummingbird
import RoostModel

/// Authenticates the caller, and admits the requests that `authorize` allows.
struct Gate: Sendable {
    /// Tokens are far shorter; a longer text is refused without asking the platform.
    static let longestToken = 512

    let entrance: Entrance
    let access: any AccessAPI
    let sessions: PageSessions
    let signOns: SignOnFailures
    let address: BoundAddress

    func admit(
        _ request: Request, _ context: CallContext, to route: HTTPRoute, bodyTime: Duration
    ) async throws -> Call {
        let caller = try await caller(request, context, permission: route.permission)
        let scope = try authorize(caller, request, context, route)
        return Call(
            request: request, parameters: context.parameters, query: try Query(request, known: route.query),
            caller: caller, scope: scope, entrance: entrance, remoteAddress: context.remoteAddress,
            token: token(in: request), bodyTime: bodyTime,
            remainsAdmitted: { await remainsAdmitted(request, context, to: route) })
    }

    private func token(in request: Request) -> String? {
        guard entrance == .network, case .token(let text)? = credential(in: request), !text.isEmpty else { return nil }
        return text
    }

    private func remainsAdmitted(_ request: Request, _ context: CallContext, to route: HTTPRoute) async -> Bool {
        if entrance == .local { return true }
        // If access cannot be confirmed for any reason, the stream ends and its reader reconnects.
        guard let credential = credential(in: request), let caller = try? await caller(with: credential) else {
            return false
        }
        return (try? authorize(caller, request, context, route)) != nil
    }

    private func authorize(
        _ caller: Caller, _ request: Request, _ context: CallContext, _ route: HTTPRoute
    ) throws(Problem) -> Scope {
        let asksForSecret = route.secretItem.map { item in
            request.uri.queryParameters.contains { $0.key == item && $0.value != "false" && $0.value != "0" }
        }
        let application = context.parameters.get("application").flatMap(ApplicationName.init(rawValue:))
        return try RoostServer.authorize(
            caller, asksForSecret == true ? route.secretPermission : route.permission, application: application)
    }

    /// The proof of identity that a request carries.
    private enum Credential {
        case token(String)
        case cookie(String)
    }

    private func credential(in request: Request) -> Credential? {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            let isBearer = parts.count == 2 && parts[0].lowercased() == "bearer"
            return .token(isBearer ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        return request.cookies[address.cookieName].map { .cookie($0.value) }
    }

    private func caller(_ request: Request, _ context: CallContext, permission: Permission) async throws -> Caller {
        if entrance == .local { return .local }
        guard permission != .nothing, let credential = credential(in: request) else { return .nobody }
        guard case .token = credential else { return try await caller(with: credential) ?? .nobody }
        if let caller = try await caller(with: credential) { return caller }
        try signOns.record(context.remoteAddress)
        throw Problem(
            .unauthorized, "the token is invalid",
            next: ["see '\(Hint.tokens)' on the machine", "create one with '\(Hint.makeToken())'"])
    }

    private func caller(with credential: Credential) async throws(Problem) -> Caller? {
        switch credential {
        case .token(let token):
            return try await access(token).map { .token($0) }
        case .cookie(let value):
            switch sessions.grant(value, now: .now) {
            case nil: return nil
            case .code(let access): return .session(access)
            // A removed token ends the sessions that it opened.
            case .token(let token): return try await access(token).map { .session($0) }
            }
        }
    }

    private func access(_ token: String) async throws(Problem) -> Access? {
        guard !token.isEmpty, token.utf8.count <= Self.longestToken else { return nil }
        return try await access.access(token: token)
    }
}
