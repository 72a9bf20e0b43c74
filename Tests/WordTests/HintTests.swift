import ArgumentParser
import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Every command that a message names is one that the command line takes, as it is written.
@Suite struct HintTests {
    struct Named: Sendable, CustomTestStringConvertible {
        let path: String
        let command: String
        var testDescription: String { "\(path.split(separator: "/").last ?? ""): \(command)" }
    }

    /// Values for placeholders: those that users fill in, and those that the code fills in.
    static let placeholders = [
        "APPLICATION/SERVICE": "ramen/data", "SERVICE.N": "data.0", "SERVICE[.N]": "data.0", "SERVICE": "data",
        "SNAPSHOT": "20261121-050000", "NAME@VERSION": "mariadb@10.11.19", "NAME": "ramen", "FILE": "/srv/file",
        "PATH": "/srv/file", "SCOPE": "admin", "SIZE": "20G", "TYPE": "mysql", "COMMAND…": "ls", "COMMAND": "ls",
        "SOURCE": "shop", "SHELL": "bash", "APPLICATION": "ramen", "DIR": "/srv/roost", "CLIENT": "jdbc",
        "TIME": "2h",
    ]

    /// Fillings by a word within the interpolation's code; the first that fits.
    static let fillings = [
        ("instances", "1"), ("max(", "1G"), ("scope", "admin"), ("client", "jdbc"), ("identity", "mariadb@10.11.19"),
        ("snapshot", "20261121-050000"), ("record.id", "20261121-050000"), ("command.joined", "backup"),
        ("home", "/srv/roost"), ("word", "info"),
    ]

    static func filled(_ code: Substring) -> String {
        fillings.first { code.contains($0.0) }?.1 ?? "data"
    }

    /// A string literal's text with its interpolations filled in.
    static func text(of literal: Substring) -> String {
        var text = ""
        var rest = literal
        while let start = rest.firstRange(of: "\\(") {
            text += rest[..<start.lowerBound]
            var depth = 1
            var index = start.upperBound
            while index < rest.endIndex, depth > 0 {
                if rest[index] == "(" { depth += 1 }
                if rest[index] == ")" { depth -= 1 }
                index = rest.index(after: index)
            }
            text += filled(rest[start.upperBound..<index].dropLast())
            rest = rest[index...]
        }
        return text + rest
    }

    /// The string literals of a line of Swift, none within a comment.
    static func literals(in line: Substring) -> [Substring] {
        var found: [Substring] = []
        var start: Substring.Index?
        var depth = 0
        var index = line.startIndex
        while index < line.endIndex {
            let letter = line[index]
            if letter == "\\", start != nil {
                index = line.index(after: index)
                if index < line.endIndex, line[index] == "(" { depth += 1 }
            } else if depth > 0 {
                if letter == "(" { depth += 1 }
                if letter == ")" { depth -= 1 }
            } else if letter == "\"" {
                if let begun = start { found.append(line[begun..<index]) }
                start = start == nil ? line.index(after: index) : nil
            } else if start == nil, line[index...].hasPrefix("//") {
                break
            }
            if index < line.endIndex { index = line.index(after: index) }
        }
        return found
    }

    /// The commands that a text names: the whole of it, or what is quoted in it.
    static func commands(in text: String) -> [String] {
        let whole =
            text.hasPrefix("roost ") && !text.hasPrefix("roost image") && !text.hasPrefix("roost v1") ? [text] : []
        return whole + text.matches(of: /['`](roost [^'`]+)['`]/).map { String($0.1) }
    }

    static let named: [Named] = {
        var all: [Named] = []
        for file in (try? SourceFile.all()) ?? [] {
            for line in file.text.split(separator: "\n") {
                let isComment = line.drop { $0 == " " }.hasPrefix("//")
                for literal in isComment ? [] : literals(in: line) {
                    all += commands(in: text(of: literal)).map { Named(path: file.path, command: $0) }
                }
            }
        }
        return all
    }()

    /// The words of a command line, placeholders filled in, without a remark behind it. Quotes hold a word together.
    static func words(_ command: String) -> [String] {
        var words: [String] = []
        for (index, part) in command.prefix(while: { !"#>|".contains($0) }).split(
            separator: "'", omittingEmptySubsequences: false
        ).enumerated() {
            if index % 2 == 1 {
                words.append(String(part))
            } else {
                words += part.split(separator: " ").map(String.init)
            }
        }
        return words.dropFirst().map { word in
            placeholders.sorted { $0.key.count > $1.key.count }.reduce(word) { $0.replacing($1.key, with: $1.value) }
        }
    }

    static func parse(_ command: String) async throws {
        do {
            _ = try await Roost.asyncParseAsRoot(words(command))
        } catch  where Roost.exitCode(for: error).isSuccess {
            // Help.
        } catch {
            throw Problem(.usage, Roost.message(for: error))
        }
    }

    @Test func theSourcesNameCommands() { #expect(Self.named.count > 80) }

    @Test(arguments: named)
    func eachCommandIsTakenAsItIsWritten(_ named: Named) async {
        // Skipped: planned commands, which the message calls so, and the tool's own name in a sentence.
        guard !named.command.contains("<"), !named.path.hasSuffix("UnknownCommand.swift") else { return }
        await #expect(throws: Never.self, "\(named)") { try await Self.parse(named.command) }
    }

    static let built: [String] = {
        let service = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        var operations: [OperationInfo] = []
        for (kind, application, name) in [
            ("push", "ramen", nil), ("restart", "ramen", "data"), ("template_build", nil, nil), ("clone", nil, nil),
            ("pool", nil, nil),
        ] as [(String, String?, String?)] {
            operations.append(
                OperationInfo(
                    id: "op1", kind: kind, application: application, service: name, state: .failed, steps: [],
                    error: "no",
                    startedAt: .now, endedAt: nil))
        }
        return Hint.troubles(of: service) + [Hint.makeToken(), Hint.tokens, Hint.events(of: nil)]
            + operations.flatMap { Hint.reasons(of: $0) }
    }()

    @Test(arguments: built)
    func whatIsBuiltIsTaken(command: String) async {
        await #expect(throws: Never.self) { try await Self.parse(command) }
    }

    @Test func aCommandThatCannotBeFollowedIsFound() async {
        for wrong in ["roost token add NAME", "roost wait", "roost nosuch", "roost logs"] {
            await #expect(throws: Problem.self, "\(wrong)") { try await Self.parse(wrong) }
        }
    }
}
