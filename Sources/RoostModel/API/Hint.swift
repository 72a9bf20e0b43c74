/// Command lines that messages tell people to type next. The command line's tests parse each with the commands themselves.
package enum Hint {
    /// What shows why a service does not do what it should, most telling first.
    package static func troubles(of service: ServiceID) -> [String] {
        [logs(of: service), status(of: service), events(of: service.application)]
    }

    package static func logs(of service: ServiceID) -> String {
        command("logs", "\(service.service)", "-A", "\(service.application)", "-n", "50")
    }

    package static func status(of service: ServiceID) -> String {
        command("status", "\(service.service)", "-A", "\(service.application)")
    }

    /// A text of an engine, which knows no service's name and writes SERVICE into its commands, with the name in its place:
    /// `roost logs data`. A clone's server has a name that no command takes; there the text stays.
    package static func addressed(_ text: String, to service: ServiceID) -> String {
        service.application.isOwn ? text : addressed(text, to: "\(service.service)")
    }

    /// `name`: of a service or of a clone, as commands take it.
    package static func addressed(_ text: String, to name: String) -> String {
        text.replacing(#/\b(roost(?: [a-z]+)+) SERVICE\b/#) { "\($0.1) \(name)" }
    }

    /// Nil: of every application, and of the machine.
    package static func events(of application: ApplicationName?) -> String {
        application.map { command("events", "-A", "\($0)", "-n", "20") } ?? command("events", "--all", "-n", "20")
    }

    package static func makeToken(_ scope: String = "admin") -> String {
        command("token", "add", "NAME", "--scope", scope)
    }

    package static let tokens = command("token", "ls")

    /// What shows why an operation failed. One without an application is found among everything's events alone.
    package static func reasons(of operation: OperationInfo) -> [String] {
        let application = operation.application.flatMap(ApplicationName.init(rawValue:))
        let service = operation.service.flatMap(ServiceName.init(rawValue:))
        guard let application else {
            let kind = operation.kind
            let list =
                kind.hasPrefix("template")
                ? [command("template", "ls")] : kind.hasPrefix("clone") ? [command("clone", "ls")] : []
            return list + [events(of: nil)]
        }
        guard let service else { return [command("status", "-A", "\(application)"), events(of: application)] }
        return troubles(of: ServiceID(application, service))
    }

    /// A command line of words, each quoted where a shell would take it for more than a word.
    package static func command(_ words: String...) -> String {
        (["roost"] + words).map(quoted).joined(separator: " ")
    }

    package static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                || "_-./:@=,+%".unicodeScalars.contains(scalar)
        }
        return !word.isEmpty && isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
