/// A checked address of a webhook: `http` or `https`, a host, and no credentials.
package struct WebhookURL: Hashable, Sendable {
    /// Why a text is no address of a webhook, as the end of a sentence about it.
    package struct Fault: Error, Equatable, Sendable {
        package let reason: String
    }

    /// Limit of addresses of one service, and of roostd: each has its own queue.
    package static let mostTogether = 8
    private static let longest = 2048

    package let text: String

    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.longest else {
            throw Fault(reason: "has \(text.utf8.count) bytes; the limit is \(Self.longest)")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains(where: { "\"<>\\^`{|}".contains($0) })
        else {
            throw Fault(reason: "has a character that is not allowed in a URL; percent-encode it")
        }
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            throw Fault(reason: "is not a URL with http or https, such as https://ops.example.com/hook")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw Fault(reason: "has a user name or a password; notifications are signed, so leave out both")
        }
        guard !rest.contains("#") else { throw Fault(reason: "has a fragment; leave out '#' and what follows it") }
        guard let port = Self.port(of: authority) else {
            throw Fault(reason: "has no valid host; write it as https://ops.example.com/hook")
        }
        guard port.isEmpty || Int(port).map({ (1...65535).contains($0) }) ?? false else {
            throw Fault(reason: "has the port '\(port)'; use a port from 1 to 65535")
        }
        self.text = text
    }

    /// The address without path and query, for messages and logs: a path is often a secret.
    package var origin: String {
        let end = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        return String(text[..<end] + text[end...].prefix { !"/?".contains($0) })
    }

    /// The text of the port, empty if there is none. Nil if the host is not valid.
    private static func port(of authority: Substring) -> Substring? {
        let host: Substring
        let rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else { return nil }
        }
        guard !host.isEmpty, rest.isEmpty || rest.first == ":" else { return nil }
        // A colon without a port is refused as a port: `dropFirst` would hide it.
        return rest == ":" ? rest : rest.dropFirst()
    }
}

extension WebhookURL: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { try self.init(text) } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' \(error.reason)"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
