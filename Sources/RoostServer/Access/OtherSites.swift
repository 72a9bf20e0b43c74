import Glibc
import HTTPTypes
import Hummingbird
import RoostModel

/// What a browser says of the page that made it send a request. Pure.
///
/// `Sec-Fetch-Site` is sent by newer browsers, and to loopback addresses or over TLS alone; `Origin` is sent by every
/// browser, but with most requests that only read it is left out. A page can set neither, so each counts.
struct RequestSource: Equatable, Sendable {
    let origin: String?
    let fetchSite: String?
    /// The `Host` that the request was sent to.
    let authority: String

    init(origin: String?, fetchSite: String?, authority: String) {
        self.origin = origin
        self.fetchSite = fetchSite
        self.authority = authority
    }

    init(_ request: Request) {
        self.init(
            origin: request.headers[.origin], fetchSite: request.headers[.fetchSite],
            authority: request.head.authority ?? "")
    }

    /// Whether a page of another site sent it, whatever it asks for.
    ///
    /// `proxies`: names under which a proxy with TLS stands in front of the listener. It may pass on a `Host` of its own.
    func isOtherSite(proxies: Set<String>) -> Bool {
        isForeignOrigin(proxies: proxies) || (fetchSite.map { !Self.ownSites.contains($0) } ?? false)
    }

    /// Whether `Origin` alone says so. Somebody may follow a link of another site, which `Sec-Fetch-Site` tells as well.
    func isForeignOrigin(proxies: Set<String>) -> Bool {
        guard let origin else { return false }
        // What a browser says that withholds the origin: of a sandboxed frame, a file, or after a redirect.
        if origin == "null" { return !(fetchSite.map { Self.ownSites.contains($0) } ?? false) }
        let parts = origin.lowercased().split(separator: "://", maxSplits: 1)
        guard parts.count == 2 else { return true }
        let (scheme, host) = (String(parts[0]), String(parts[1]))
        if Self.withoutDefaultPort(host, scheme) == Self.withoutDefaultPort(authority.lowercased(), scheme) {
            return false
        }
        return !proxies.contains(Self.withoutDefaultPort(host, scheme))
    }

    /// Of the page itself, or typed into the address bar.
    private static let ownSites: Set<String> = ["same-origin", "none"]

    private static func withoutDefaultPort(_ authority: String, _ scheme: String) -> String {
        let port = scheme == "https" ? ":443" : ":80"
        return authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
    }
}

/// Refuses what a page of another site sends in somebody's browser.
struct OtherSitesMiddleware: RouterMiddleware {
    typealias Context = CallContext
    let proxies: Set<String>
    /// Whether a link on another site may lead here: to the sign-in address, and to the page.
    let takesLinks: Bool

    init(proxies: [String], takesLinks: Bool) {
        self.proxies = Set(proxies.map { $0.lowercased() })
        self.takesLinks = takesLinks
    }

    func handle(
        _ request: Request, context: CallContext, next: @concurrent (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        let source = RequestSource(request)
        let mayBeLink = takesLinks && (request.method == .get || request.method == .head)
        guard !(mayBeLink ? source.isForeignOrigin(proxies: proxies) : source.isOtherSite(proxies: proxies)) else {
            throw Problem(
                .forbidden, "a page of another site sent this, and may not",
                next: [
                    "if it was Roost's own page behind a proxy, add the proxy's name to 'allowed_hosts' in "
                        + "/etc/roost/roostd.yml"
                ])
        }
        return try await next(request, context)
    }
}

extension Request {
    /// Whether a browser sent it, as far as that can be told. Scripts call by whatever name they were given; a browser
    /// may have been led here by a name that somebody made to resolve to this machine.
    var isOfBrowser: Bool {
        headers[.origin] != nil || headers[.fetchSite] != nil || (headers[.userAgent]?.hasPrefix("Mozilla/") ?? false)
    }
}

/// This machine's own name.
func machineName() -> String? {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
