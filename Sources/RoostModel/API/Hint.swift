/// Command lines that messages tell people to type next. The CLI's tests parse each one with the commands themselves.
package enum Hint {
    /// Commands that show why a service is not as desired, most telling first.
    package static func troubles(of service: ServiceID) -> [String] {
        [logs(of: service), status(of: service), events(of: service.application)]
    }

    package static func logs(of service: ServiceID) -> String {
        command("logs", "\(service.service)", "-A", "\(service.application)", "-n", "50")
    }

    package static func status(of service: ServiceID) -> String {
        command("status", "\(service.service)", "-A", "\(service.application)")
    }

    /// An engine's text with the service's name in place of SERVICE in its commands: `roost logs data`. An engine
    /// knows no service's name. The text stays as it is for a clone's server, whose name no command takes.
    package static func addressed(_ text: String, to service: ServiceID) -> String {
        service.application.isOwn ? text : addressed(text, to: "\(service.service)")
    }

    /// `name`: name of a service or a clone, as commands take it.
    package static func addressed(_ text: String, to name: String) -> String {
        text.replacing(#/\b(roost(?: [a-z]+)+) SERVICE\b/#) { "\($0.1) \(name)" }
    }

    /// Nil means the events of every application, and of the machine.
    package static func events(of application: ApplicationName?) -> String {
        application.map { command("events", "-A", "\($0)", "-n", "20") } ?? command("events", "--all", "-n", "20")
    }

    package static func makeToken(_ scope: String = "admin") -> String {
        command("token", "add", "NAME", "--scope", scope)
    }

    package static let tokens = command("token", "ls")

    /// Commands that show why an operation failed. An operation without an application is found only among all
    /// events.
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

    /// A command line of these words, quoted where the shell needs it.
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
