/// What a build file says of a service of `type: custom`: a program that its owner brings, how it is built and run.
package struct CustomSettings: Codable, Equatable, Sendable {
    package struct Process: Codable, Equatable, Sendable {
        package let name: PartName
        /// For `/bin/sh -c`.
        package let command: String

        package init(name: PartName, command: String) {
            self.name = name
            self.command = command
        }
    }

    package enum PortKind: String, Codable, Sendable, CaseIterable { case tcp, http }

    package struct Port: Codable, Equatable, Sendable {
        package let name: PartName
        package let kind: PortKind

        package init(name: PartName, kind: PortKind) {
            self.name = name
            self.kind = kind
        }
    }

    /// The folder that is sent, below the build file's own.
    package var approot: String
    /// Runs once for each image, in a clean folder.
    package var buildscript: String?
    /// Names of Debian packages, which must be installed.
    package var systemPackages: [String]
    /// Runs on each instance after its image was laid out, before the processes start.
    package var postinstall: String?
    /// In the file's order.
    package var processes: [Process]
    /// In the file's order; the first is the one that `url` prints.
    package var ports: [Port]
    package var environment: [String: String]
    /// Declared in dotCloud's form: its commands find the application's addresses as `DOTCLOUD_` variables. Nil: no.
    package var hasDotcloudVariables: Bool?
    /// What the instances run: names source, build script and whatever else goes into a build. Nil until the source is
    /// known.
    package var image: ContentDigest?

    package init(
        approot: String = ".", buildscript: String? = nil, systemPackages: [String] = [], postinstall: String? = nil,
        processes: [Process], ports: [Port] = [], environment: [String: String] = [:], image: ContentDigest? = nil
    ) {
        self.approot = approot
        self.buildscript = buildscript
        self.systemPackages = systemPackages
        self.postinstall = postinstall
        self.processes = processes
        self.ports = ports
        self.environment = environment
        self.image = image
    }
}

/// What a custom service was given that a database has not.
package struct CustomPlace: Codable, Equatable, Sendable {
    /// Its scripts are its owner's: they run as nobody else does, so that they read no database's files.
    package var user: ServerUser
    package var ports: [ServicePort]

    package init(user: ServerUser, ports: [ServicePort]) {
        self.user = user
        self.ports = ports
    }
}

/// One port of a custom service. Its numbers stay for as long as the build file keeps the name.
package struct ServicePort: Codable, Equatable, Sendable {
    package let name: PartName
    package let kind: CustomSettings.PortKind
    /// Where clients reach it, at the router.
    package let endpoint: PortNumber
    /// Where the process listens, on loopback.
    package let internalPort: PortNumber

    package init(name: PartName, kind: CustomSettings.PortKind, endpoint: PortNumber, internalPort: PortNumber) {
        self.name = name
        self.kind = kind
        self.endpoint = endpoint
        self.internalPort = internalPort
    }
}

/// The name of a port or a process within a custom service: `[a-z][a-z0-9_]{0,15}`.
package struct PartName: ValidatedName {
    package static let kind = "name of a port or process"
    package static let allowed = "use 1 to 16 of a-z, 0-9 and _, starting with a letter"
    package static let longest = 16
    package static let punctuation: Set<UInt8> = [UInt8(ascii: "_")]
    package let rawValue: String
    package init(checked: String) { rawValue = checked }
}

/// A SHA-256, as 64 hexadecimal digits: names content, so that equal content has one name.
package struct ContentDigest: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init?(rawValue: String) {
        let isHexadecimal = rawValue.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard isHexadecimal, rawValue.utf8.count == 64 else { return nil }
        self.rawValue = rawValue
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = ContentDigest(rawValue: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a digest is 64 hexadecimal digits in small letters")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package var description: String { rawValue }
    /// As people see it.
    package var short: String { String(rawValue.prefix(12)) }
}
