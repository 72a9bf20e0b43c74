import Glibc
import HTTPTypes
import Hummingbird
import RoostModel

/// The site whose page made a browser send a request, as the browser reports it. Programs that are not browsers send
/// neither header and are never refused. Pure.
///
/// `Sec-Fetch-Site` is sent only by newer browsers, and only to loopback addresses or over TLS. `Origin` is sent by
/// every browser, but not with most requests that only read. A page can set neither header, so either one is
/// evidence.
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

    /// Whether a page of another site sent the request, by either header. A followed link counts as well.
    ///
    /// `proxies`: names under which a TLS proxy stands in front of the listener. Such a proxy may pass on a `Host` of
    /// its own.
    func isOtherSite(proxies: Set<String>) -> Bool {
        isForeignOrigin(proxies: proxies) || (fetchSite.map { !Self.ownSites.contains($0) } ?? false)
    }

    /// Whether a page of another site sent the request, by `Origin` alone. For requests that may be a followed link:
    /// such a link is legitimate, but `Sec-Fetch-Site` reports it like any other request of the other site.
    func isForeignOrigin(proxies: Set<String>) -> Bool {
        guard let origin else { return false }
        // `null`: the browser withholds the origin, for a sandboxed frame, a file, or after a redirect.
        if origin == "null" { return !(fetchSite.map { Self.ownSites.contains($0) } ?? false) }
        let parts = origin.lowercased().split(separator: "://", maxSplits: 1)
        guard parts.count == 2 else { return true }
        let (scheme, host) = (String(parts[0]), String(parts[1]))
        if Self.withoutDefaultPort(host, scheme) == Self.withoutDefaultPort(authority.lowercased(), scheme) {
            return false
        }
        return !proxies.contains(Self.withoutDefaultPort(host, scheme))
    }

    /// Values for a request from a page of this site, or for an address typed into the address bar.
    private static let ownSites: Set<String> = ["same-origin", "none"]

    private static func withoutDefaultPort(_ authority: String, _ scheme: String) -> String {
        let port = scheme == "https" ? ":443" : ":80"
        return authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
    }
}

/// Refuses requests that a page of another site makes a browser send.
struct OtherSitesMiddleware: RouterMiddleware {
    typealias Context = CallContext
    let proxies: Set<String>
    /// Whether links on other sites may lead to this listener: to the sign-in address and the dashboard, but not to an
    /// API without pages.
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
                .forbidden, "requests from pages of other sites are not allowed",
                next: [
                    "if this was Roost's own page behind a proxy, add the proxy's name to 'allowed_hosts' in "
                        + "/etc/roost/roostd.yml"
                ])
        }
        return try await next(request, context)
    }
}

extension Request {
    /// Whether a browser sent the request, as far as its headers show. `AllowedHosts` restricts host names for browsers
    /// more than for scripts: a browser may have been led here by a name that an attacker made to resolve to this
    /// machine.
    var isOfBrowser: Bool {
        headers[.origin] != nil || headers[.fetchSite] != nil || (headers[.userAgent]?.hasPrefix("Mozilla/") ?? false)
    }
}

/// The host name of this machine.
func machineName() -> String? {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
