/// A valid build file: the declarations of an application's owner, in the file's order.
package struct BuildFile: Equatable, Sendable {
    /// Place of the services in the file.
    package enum Form: Equatable, Sendable {
        /// Under `services:`.
        case roost
        /// At the top level, as in dotCloud's files.
        case dotcloud
    }

    package let fileName: String
    package let form: Form
    package let services: [DeclaredService]
    /// Keys that are understood and have no effect, a sentence each.
    package let notes: [String]

    package init(fileName: String, form: Form, services: [DeclaredService], notes: [String] = []) {
        self.fileName = fileName
        self.form = form
        self.services = services
        self.notes = notes
    }

    /// An error at a key of a service, or at the service itself if the file leaves the key out.
    package func diagnostic(_ service: DeclaredService, key: String? = nil, _ message: String) -> Diagnostic {
        let stated = key.flatMap { key in service.keyLines[key].map { (key: key, line: $0) } }
        let path = (form == .roost ? ["services"] : []) + [service.name.rawValue] + (stated.map { [$0.key] } ?? [])
        return Diagnostic(
            file: fileName, line: stated?.line ?? service.line, key: path.joined(separator: "."), message: message)
    }
}

/// A service of a build file. A nil value means that the file leaves the key out: the value from `scale` or an
/// earlier push stays.
package struct DeclaredService: Equatable, Sendable {
    package let name: ServiceName
    /// Line of the service's name, from 1.
    package let line: Int
    package let type: ServiceType
    package var version: EngineVersion?
    package var instances: Int?
    package var memory: ByteCount?
    package var cpus: Double?
    package var durability: ServiceSettings.Durability?
    package var maxLossSeconds: Int?
    package var routing: ServiceSettings.Routing?
    /// All engine settings: an empty map resets all of them, nil leaves them as they are.
    package var config: [String: String]?
    package var databases: [String]?
    package var extensions: [String]?
    package var expose: ServiceSettings.Exposure?
    package var accounts: ServiceSettings.AccountRule?
    /// Settings of single members, by index: an empty map resets all of them, nil leaves them as they are.
    package var members: [Int: MemberSettings]?
    /// The schedule of comparisons: an empty map ends it, nil leaves it as it is.
    package var verify: VerifySettings?
    /// Addresses that get the service's events: an empty list removes all of them, nil leaves them as they are.
    package var notify: [WebhookURL]?
    /// All custom settings for `type: custom`, else nil.
    package var custom: CustomSettings?
    /// The line of each key that the file states: `memory`, and `config.max_connections` within a key.
    package var keyLines: [String: Int]

    package init(name: ServiceName, line: Int, type: ServiceType, keyLines: [String: Int] = [:]) {
        self.name = name
        self.line = line
        self.type = type
        self.keyLines = keyLines
    }
}

/// Refusal of a build file. Holds all of its errors, by line, and at least one.
package struct BuildFileInvalid: Error, Equatable, Sendable, CustomStringConvertible {
    package let diagnostics: [Diagnostic]

    package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    package var description: String { diagnostics.map(\.description).joined(separator: "; ") }

    package var problem: Problem {
        let count = diagnostics.count
        let file = diagnostics.first?.file ?? "the build file"
        return Problem(
            .buildFileInvalid, "\(file) has \(count) error\(count == 1 ? "" : "s"); nothing was changed",
            next: ["fix the errors, then push again"], diagnostics: diagnostics)
    }
}

extension ServiceSettings {
    /// Valid range of `cpus`. Less than a hundredth of a core is below the kernel's shortest quota (1 ms of 100 ms).
    package static let cpuRange: ClosedRange<Double> = 0.01...1024
    /// Longest value of `max_loss`, a day.
    package static let longestLoss = 86_400
    /// Shortest value of `max_loss` except for 0: the positions of a primary are known once in 2 s.
    package static let shortestLoss = 5
}
