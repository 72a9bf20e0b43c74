/// A name that does not have its kind's form. `allowed` is a sentence for the person who typed it.
package struct InvalidName: Error, Equatable, Sendable, CustomStringConvertible {
    package let kind: String
    package let text: String
    package let allowed: String

    package var description: String { "'\(text)' is not a valid \(kind): \(allowed)" }
}

/// The name of an application: `[a-z][a-z0-9_-]{0,30}`.
package struct ApplicationName: ValidatedName {
    package static let kind = "application name"
    package static let allowed = "use 1 to 31 of a-z, 0-9, _ and -, starting with a letter"
    package static let longest = 31
    package static let punctuation: Set<UInt8> = [UInt8(ascii: "_"), UInt8(ascii: "-")]
    package let rawValue: String
    package init(checked: String) { rawValue = checked }

    /// Internal application of clones: its name cannot be typed.
    package static let clones = ApplicationName(checked: "_clones")
    /// Internal application of servers that build templates. No document ever names it.
    package static let builds = ApplicationName(checked: "_builds")
    private static let own: Set = [clones, builds]

    /// Whether the name is one of Roost's own, which no list shows.
    package var isOwn: Bool { Self.own.contains(self) }

    /// Reads a name that Roost stored, its own names included; nil if the text is no such name. Never used for typed
    /// text.
    package init?(stored text: String) {
        if let own = Self.own.first(where: { $0.rawValue == text }) {
            self = own
        } else {
            self.init(rawValue: text)
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        if let own = Self.own.first(where: { $0.rawValue == text }) { self = own } else { try self.init(text) }
    }
}

/// The name of a clone: `[a-z][a-z0-9_-]{0,30}`.
package struct CloneName: ValidatedName {
    package static let kind = "clone name"
    package static let allowed = ApplicationName.allowed
    package static let longest = 31
    package static let punctuation = ApplicationName.punctuation
    package let rawValue: String
    package init(checked: String) { rawValue = checked }
}

/// The name of a template: `[a-z][a-z0-9_-]{0,30}`.
package struct TemplateName: ValidatedName {
    package static let kind = "template name"
    package static let allowed = ApplicationName.allowed
    package static let longest = 31
    package static let punctuation = ApplicationName.punctuation
    package let rawValue: String
    package init(checked: String) { rawValue = checked }
}

/// The name of a service within its application: `[a-z][a-z0-9_]{0,15}`.
package struct ServiceName: ValidatedName {
    package static let kind = "service name"
    package static let allowed = "use 1 to 16 of a-z, 0-9 and _, starting with a letter"
    package static let longest = 16
    package static let punctuation: Set<UInt8> = [UInt8(ascii: "_")]
    package let rawValue: String
    package init(checked: String) { rawValue = checked }
}

/// A lower-case name that is safe in paths, user names, environment variables and SQL identifiers.
package protocol ValidatedName: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible
where RawValue == String {
    static var kind: String { get }
    static var allowed: String { get }
    static var longest: Int { get }
    static var punctuation: Set<UInt8> { get }
    /// Takes text that was checked already. All other callers use `init(_:)`.
    init(checked: String)
}

extension ValidatedName {
    package init(_ text: String) throws(InvalidName) {
        guard Self.isValid(text) else { throw InvalidName(kind: Self.kind, text: text, allowed: Self.allowed) }
        self.init(checked: text)
    }

    package init?(rawValue: String) {
        guard Self.isValid(rawValue) else { return nil }
        self.init(checked: rawValue)
    }

    package static func isValid(_ text: String) -> Bool {
        // Compared by bytes: "a" with a combining mark is one Character that sorts between "a" and "z".
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= longest else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || punctuation.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    package var description: String { rawValue }
}

/// A service's full name, `application/service`.
package struct ServiceID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let application: ApplicationName
    package let service: ServiceName

    package init(_ application: ApplicationName, _ service: ServiceName) {
        self.application = application
        self.service = service
    }

    package var description: String { "\(application)/\(service)" }
    package static func < (left: Self, right: Self) -> Bool {
        (left.application, left.service) < (right.application, right.service)
    }
}

/// A database server process of a service: `ramen/data.0`.
package struct InstanceID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let service: ServiceID
    package let index: Int

    package init(_ service: ServiceID, _ index: Int) {
        self.service = service
        self.index = index
    }

    /// The name within the application, as people type it: `data.0`.
    package var name: String { "\(service.service).\(index)" }
    package var description: String { "\(service.application)/\(name)" }
    package static func < (left: Self, right: Self) -> Bool {
        (left.service, left.index) < (right.service, right.index)
    }
}
