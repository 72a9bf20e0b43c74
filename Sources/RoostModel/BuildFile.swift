/// A build file that was read and found right: what an application's owner declares, in the file's order.
package struct BuildFile: Equatable, Sendable {
    /// Where the services stand in the file.
    package enum Form: Equatable, Sendable {
        /// Under `services:`.
        case roost
        /// At the top level, as in dotCloud's files.
        case dotcloud
    }

    package let fileName: String
    package let form: Form
    package let services: [DeclaredService]
    /// What is understood and has no effect, a sentence each.
    package let notes: [String]

    package init(fileName: String, form: Form, services: [DeclaredService], notes: [String] = []) {
        self.fileName = fileName
        self.form = form
        self.services = services
        self.notes = notes
    }

    /// An error at a key of a service, or at the service itself where the file leaves the key out.
    package func diagnostic(_ service: DeclaredService, key: String? = nil, _ message: String) -> Diagnostic {
        let stated = key.flatMap { key in service.keyLines[key].map { (key: key, line: $0) } }
        let path = (form == .roost ? ["services"] : []) + [service.name.rawValue] + (stated.map { [$0.key] } ?? [])
        return Diagnostic(
            file: fileName, line: stated?.line ?? service.line, key: path.joined(separator: "."), message: message)
    }
}

/// One service of a build file. Nil: the file leaves the key out, and what `scale` or an earlier push set stays.
package struct DeclaredService: Equatable, Sendable {
    package let name: ServiceName
    /// Of the name, from 1.
    package let line: Int
    package let type: ServiceType
    package var version: EngineVersion?
    package var instances: Int?
    package var memory: ByteCount?
    package var cpus: Double?
    package var durability: ServiceSettings.Durability?
    package var routing: ServiceSettings.Routing?
    /// The whole of the engine settings: empty takes all of them back, nil leaves them as they are.
    package var config: [String: String]?
    package var databases: [String]?
    package var extensions: [String]?
    package var expose: ServiceSettings.Exposure?
    package var accounts: ServiceSettings.AccountRule?
    /// The whole of it for `type: custom`, else nil.
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

/// A build file was refused. Holds every error of it, by line, and at least one.
package struct BuildFileInvalid: Error, Equatable, Sendable, CustomStringConvertible {
    package let diagnostics: [Diagnostic]

    package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    package var description: String { diagnostics.map(\.description).joined(separator: "; ") }

    package var problem: Problem {
        let count = diagnostics.count
        let file = diagnostics.first?.file ?? "the build file"
        return Problem(
            .buildFileInvalid, "\(file) has \(count) error\(count == 1 ? "" : "s"); nothing was changed",
            next: ["mend the file and push again"], diagnostics: diagnostics)
    }
}

extension ServiceSettings {
    /// What `cpus` may be. Less than a hundredth of a core is below the kernel's shortest quota (1 ms of 100 ms).
    package static let cpuRange: ClosedRange<Double> = 0.01...1024
}
