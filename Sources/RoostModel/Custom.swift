/// Build-file settings of a service of `type: custom`: its owner's program, and how it is built and run.
package struct CustomSettings: Codable, Equatable, Sendable {
    package struct Process: Codable, Equatable, Sendable {
        package let name: PartName
        /// Command for `/bin/sh -c`.
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
    /// Script that runs once for each artifact, in a clean folder.
    package var buildscript: String?
    /// Names of Debian packages, which must be installed.
    package var systemPackages: [String]
    /// Script that runs on each instance after its artifact was put in place, before the processes start.
    package var postinstall: String?
    /// Processes in the file's order.
    package var processes: [Process]
    /// Ports in the file's order; `url` prints the first one.
    package var ports: [Port]
    package var environment: [String: String]
    /// Whether the service is declared in dotCloud's form: its commands find the application's addresses as
    /// `DOTCLOUD_` variables. Nil means no.
    package var hasDotcloudVariables: Bool?
    /// Digest of the artifact that the instances run: it covers the source, the build script and all other inputs of
    /// a build. Nil until the source is known.
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

/// Resources that only a custom service has.
package struct CustomPlace: Codable, Equatable, Sendable {
    /// System user of this service alone: its owner's scripts must not read any database's files.
    package var user: ServerUser
    package var ports: [ServicePort]

    package init(user: ServerUser, ports: [ServicePort]) {
        self.user = user
        self.ports = ports
    }
}

/// A port of a custom service. Its numbers stay for as long as the build file keeps its name.
package struct ServicePort: Codable, Equatable, Sendable {
    package let name: PartName
    package let kind: CustomSettings.PortKind
    /// Port at the router that clients connect to.
    package let endpoint: PortNumber
    /// Port on loopback that the process listens on.
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
                in: container, debugDescription: "a digest has 64 lower-case hexadecimal digits")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package var description: String { rawValue }
    /// Short form for people.
    package var short: String { String(rawValue.prefix(12)) }
}
