import Foundation
import Hummingbird
import RoostModel

/// The host names that the TCP listener accepts.
///
/// In a DNS rebinding attack, a page of another site whose name was made to resolve to this machine carries that
/// site's name in `Host`. An IP address cannot be such a name, so every IP address is accepted.
struct AllowedHosts: Equatable, Sendable {
    private let names: Set<String>

    init(_ settings: ServerSettings) {
        self.init(names: settings.allowedHosts + [settings.listen?.host].compactMap(\.self))
    }

    /// `localhost` is always added to `names`.
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

/// Refuses requests that were sent to another host name.
struct HostMiddleware: RouterMiddleware {
    typealias Context = CallContext
    let allowed: AllowedHosts
    /// If true, only browsers must use a known name. For a listener that is open to the network and has no page:
    /// scripts may use names of this host that the configuration does not list.
    var asksBrowsersAlone = false

    func handle(
        _ request: Request, context: CallContext, next: @concurrent (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        let authority = request.head.authority ?? ""
        guard admits(authority: authority, isOfBrowser: request.isOfBrowser) else {
            throw Problem(
                .forbidden, "host name '\(authority.prefix(80))' is not allowed",
                next: ["use its IP address or 'localhost', or add the name to 'allowed_hosts' in /etc/roost/roostd.yml"]
            )
        }
        return try await next(request, context)
    }

    func admits(authority: String, isOfBrowser: Bool) -> Bool {
        allowed.allow(authority) || (asksBrowsersAlone && !isOfBrowser)
    }
}
