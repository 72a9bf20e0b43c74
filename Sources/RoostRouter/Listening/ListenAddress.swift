import RoostModel

/// An address that a route listens on.
package struct ListenAddress: Codable, Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: PortNumber

    package init(host: String, port: PortNumber) {
        self.host = host
        self.port = port
    }

    package var isIPv6: Bool { host.contains(":") }
    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Route {
    package var listenAddresses: [ListenAddress] {
        let hosts =
            switch reach {
            case .loopback: ["127.0.0.1", "::1"]
            case .network: ["0.0.0.0", "::"]
            }
        return hosts.map { ListenAddress(host: $0, port: port) }
    }
}
