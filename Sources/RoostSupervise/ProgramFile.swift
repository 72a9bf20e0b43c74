/// The file that a supervisor is started with: one setting a line, its name first.
///
///     directory /var/lib/roost/instances/shop/web.0/home/code
///     environment HOME=/var/lib/roost/instances/shop/web.0/home
///     socket /run/roost/3f9a/shop.web.0/server.sock
///     port www 30004
///     process web ./run
///
/// A file and not arguments, because an environment may hold secrets, which must not appear among a program's
/// arguments. The format is so simple that the supervisor needs no Foundation, which would cost each custom service
/// some megabytes.
package struct ProgramFile: Equatable, Sendable {
    package struct Port: Equatable, Sendable {
        package let name: String
        package let number: UInt16

        package init(name: String, number: UInt16) {
            self.name = name
            self.number = number
        }
    }

    package struct Process: Equatable, Sendable {
        package let name: String
        /// The command for `/bin/sh -c`.
        package let command: String

        package init(name: String, command: String) {
            self.name = name
            self.command = command
        }
    }

    /// A line that the supervisor does not understand.
    package struct Unreadable: Error, Equatable, CustomStringConvertible {
        package let line: Int
        package var description: String { "line \(line) is invalid" }
    }

    /// The working directory of the processes.
    package var directory: String
    /// The complete environment: nothing is inherited.
    package var environment: [String: String]
    /// Path of the socket on which the supervisor reports its status.
    package var socket: String
    package var ports: [Port]
    package var processes: [Process]

    package init(
        directory: String, environment: [String: String], socket: String = "", ports: [Port] = [],
        processes: [Process]
    ) {
        self.directory = directory
        self.environment = environment
        self.socket = socket
        self.ports = ports
        self.processes = processes
    }

    /// The file's text. Only variables may have values of several lines.
    package var text: String {
        var lines = ["directory \(directory)"]
        if !socket.isEmpty { lines.append("socket \(socket)") }
        lines += environment.sorted { $0.key < $1.key }.map { name, value in
            Self.hasOneLine(value) ? "environment \(name)=\(value)" : "environment-lines \(name)=\(Self.escape(value))"
        }
        lines += ports.map { "port \($0.name) \($0.number)" }
        lines += processes.map { "process \($0.name) \($0.command)" }
        return lines.map { $0 + "\n" }.joined()
    }

    package init(_ text: String) throws(Unreadable) {
        self.init(directory: "/", environment: [:], processes: [])
        for (index, line) in text.split(separator: "\n").enumerated() {
            let parts = Self.cut(line, at: " ")
            guard let rest = parts.rest, read(String(parts.first), rest) else { throw Unreadable(line: index + 1) }
        }
    }

    private mutating func read(_ key: String, _ rest: Substring) -> Bool {
        switch key {
        case "directory": directory = String(rest)
        case "socket": socket = String(rest)
        case "environment":
            let parts = Self.cut(rest, at: "=")
            guard let value = parts.rest else { return false }
            environment[String(parts.first)] = String(value)
        case "environment-lines":
            let parts = Self.cut(rest, at: "=")
            guard let value = parts.rest else { return false }
            environment[String(parts.first)] = Self.unescape(value)
        case "port":
            let parts = Self.cut(rest, at: " ")
            guard let number = parts.rest.flatMap({ UInt16($0) }) else { return false }
            ports.append(Port(name: String(parts.first), number: number))
        case "process":
            let parts = Self.cut(rest, at: " ")
            guard let command = parts.rest else { return false }
            processes.append(Process(name: String(parts.first), command: String(command)))
        default: return false
        }
        return true
    }

    /// Whether a reader and `split` see one line. Checked by scalars: `\r\n` is a single character in Swift.
    private static func hasOneLine(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }
    }

    /// Escapes line breaks as `\n` and `\r`, and a backslash as `\\`.
    private static func escape(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func unescape(_ text: Substring) -> String {
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                result.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The text before the first separator, and the text behind it; nil if there is no separator.
    private static func cut(_ text: Substring, at separator: Character) -> (first: Substring, rest: Substring?) {
        guard let place = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }
}
