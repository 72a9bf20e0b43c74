import Foundation
import Hummingbird
import RoostModel

/// The names by which the TCP listener may be called.
///
/// A page of another site whose name was made to resolve to this machine (DNS rebinding) carries that site's name in
/// `Host`. An IP address cannot be such a name, so every one is taken.
struct AllowedHosts: Equatable, Sendable {
    private let names: Set<String>

    init(_ settings: ServerSettings) {
        self.init(names: settings.allowedHosts + [settings.listen?.host].compactMap(\.self))
    }

    /// Besides `localhost`.
    init(names: [String]) {
        self.names = Set((names + ["localhost"]).map { $0.trimmingCharacters(in: .whitespaces).lowercased() })
    }

    /// `authority` is the header's text, with or without a port.
    func allow(_ authority: String) -> Bool {
        let host = Self.host(of: authority.lowercased())
        return names.contains(host) || Self.isAddress(host)
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[...end])
        }
        return String(authority.prefix { $0 != ":" })
    }

    private static func isAddress(_ host: String) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            var address = in6_addr()
            return inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1
        }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1
    }
}

/// Refuses requests that were sent to another name.
struct HostMiddleware: RouterMiddleware {
    typealias Context = CallContext
    let allowed: AllowedHosts
    /// Open to the network, a listener without a page has names that nobody here knows of: scripts may use any of them.
    var asksBrowsersAlone = false

    func handle(
        _ request: Request, context: CallContext, next: @concurrent (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        let authority = request.head.authority ?? ""
        guard admits(authority: authority, isOfBrowser: request.isOfBrowser) else {
            throw Problem(
                .forbidden, "this daemon is not called '\(authority.prefix(80))'",
                next: ["use its IP address or 'localhost', or add the name to 'allowed_hosts' in /etc/roost/roostd.yml"]
            )
        }
        return try await next(request, context)
    }

    func admits(authority: String, isOfBrowser: Bool) -> Bool {
        allowed.allow(authority) || (asksBrowsersAlone && !isOfBrowser)
    }
}
