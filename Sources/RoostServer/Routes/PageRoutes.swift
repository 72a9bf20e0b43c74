import Foundation
import Hummingbird
import RoostAPI
import RoostModel

/// The page and its sign-in. A browser signs in by a one-time address (`roost open`) or with a token.
struct PageRoutes: Sendable {
    static let path = "/"
    static let signIn = "/sign-in"
    static let signOut = "/sign-out"
    static let live = "/live"
    private static let formLimit = 4 << 10

    let overview: OverviewReader
    let access: any AccessAPI
    let settings: ServerSettings
    let address: BoundAddress
    let sessions: PageSessions
    let signOns: SignOnFailures
    let pages: Pages
    let events: EventRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(TokenEndpoints.signIn, .administer, handler: makeCode),
            HTTPRoute(.get, Self.path, .visit, handler: show),
            // Not for HEAD: a code can be redeemed only once.
            HTTPRoute(.get, Self.signIn, .nothing, query: ["code"], head: false, handler: redeemCode),
            HTTPRoute(.post, Self.signIn, .nothing, handler: redeemToken),
            HTTPRoute(.post, Self.signOut, .nothing, handler: leave),
            HTTPRoute(.get, Self.live, .page, head: false, handler: events.stream),
        ] + PageAsset.allCases.map { asset in HTTPRoute(.get, asset.path, .nothing) { _ in asset.response } }
    }

    /// Makes the address for `roost open`.
    private func makeCode(_ call: Call) async throws -> Reply<SignInInfo> {
        guard let listen = settings.listen else {
            throw Problem(
                .serviceUnavailable, "the page needs the TCP listener, but roostd runs without one",
                next: ["start roostd with --listen 127.0.0.1:5080"])
        }
        guard let port = address.port else { throw Problem(.serviceUnavailable, "the TCP listener is starting") }
        let (code, expiresAt) = try await access.makeSignInCode()
        // Over TCP, the name that the caller used for this request works; HostMiddleware has checked it.
        let authority = call.entrance == .network ? call.request.head.authority : nil
        let host = authority ?? "\(Self.reachable(listen.host)):\(port)"
        return try .json(
            SignInInfo(url: "http://\(host)\(Self.signIn)?code=\(code)", expiresAt: expiresAt), status: .created)
    }

    /// A host that a browser on this machine can open for a listening address.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0", "": "127.0.0.1"
        case "::": "[::1]"
        case let host where host.contains(":"): "[\(host)]"
        default: host
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard call.scope != .nothing else { return pages.signIn(message: nil, status: .unauthorized) }
        return pages.overview(try await overview.read(call.scope))
    }

    private func redeemCode(_ call: Call) async throws -> Response {
        guard let code = call.query.text("code"), code.utf8.count <= Gate.longestToken,
            let access = try await access.redeem(signInCode: code)
        else {
            try signOns.record(call.remoteAddress)
            return pages.signIn(
                message: "This link was already used or has expired. Get a new one with “roost open”.",
                status: .unauthorized)
        }
        return signedIn(.code(access), call)
    }

    private func redeemToken(_ call: Call) async throws -> Response {
        let form = String(decoding: try await call.rawBody(limit: Self.formLimit), as: UTF8.self)
        let token = (FormField.first("token", in: form) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let isKnown = try await isKnown(token)
        if isKnown { return signedIn(.token(token), call) }
        try signOns.record(call.remoteAddress)
        return pages.signIn(
            message: "This token is invalid. “roost token ls” lists the valid ones.", status: .unauthorized)
    }

    // A function of its own: inlined in its caller, it crashes the optimiser of Swift 6.3.
    private func isKnown(_ token: String) async throws(Problem) -> Bool {
        guard !token.isEmpty, token.utf8.count <= Gate.longestToken else { return false }
        return try await access.access(token: token) != nil
    }

    private func leave(_ call: Call) async throws -> Response {
        if let cookie = call.request.cookies[address.cookieName] { sessions.close(cookie.value) }
        var response = Response(status: .seeOther, headers: [.location: Self.path])
        response.setCookie(cookie("", maxAge: 0))
        return response
    }

    private func signedIn(_ grant: PageSessions.Grant, _ call: Call) -> Response {
        let value = sessions.open(grant, now: .now)
        // A browser withholds a strict cookie on a redirect that began on another site (a link in a web terminal); a
        // page that redirects by itself begins on this site.
        var response =
            call.request.headers[.fetchSite] == "cross-site"
            ? pages.leadOn() : Response(status: .seeOther, headers: [.location: Self.path])
        response.setCookie(cookie(value, maxAge: Int(PageSessions.lifetime.components.seconds)))
        return response
    }

    private func cookie(_ value: String, maxAge: Int) -> Cookie {
        Cookie(name: address.cookieName, value: value, maxAge: maxAge, path: "/", httpOnly: true, sameSite: .strict)
    }
}
