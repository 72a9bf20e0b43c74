/// Type of a service, from the build file's `type:`: `mysql`, `mariadb`, … An open set: the engine catalog says which
/// types are built.
package struct ServiceType: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let mysql = ServiceType(rawValue: "mysql")
    package static let mariadb = ServiceType(rawValue: "mariadb")
    package static let custom = ServiceType(rawValue: "custom")

    package var description: String { rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A release of a database server that can be started: `mariadb@10.11.19`.
package struct EngineIdentity: Hashable, Codable, Sendable, CustomStringConvertible {
    package let name: String
    package let version: EngineVersion

    package init(name: String, version: EngineVersion) {
        self.name = name
        self.version = version
    }

    /// Reads `mariadb@10.11.19`.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let version = EngineVersion(String(parts[1])) else { return nil }
        self.init(name: String(parts[0]), version: version)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identity = EngineIdentity(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "'\(text)' is not an engine; expected name@version")
            )
        }
        self = identity
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String { "\(name)@\(version)" }
}

/// A dotted version number, compared component by component: "9.1" is not a prefix of "9.10".
package struct EngineVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let components: [Int]

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let components = parts.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
        guard components.count == parts.count, (1...5).contains(components.count) else { return nil }
        self.components = components
    }

    /// Whether this version is `prefix` or a release of it.
    package func matches(_ prefix: EngineVersion) -> Bool { components.starts(with: prefix.components) }
    package var description: String { components.map(String.init).joined(separator: ".") }
    package static func < (left: Self, right: Self) -> Bool {
        left.components.lexicographicallyPrecedes(right.components)
    }
}
