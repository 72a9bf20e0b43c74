import ArgumentParser
import Foundation
import RoostCLI
import RoostModel
import Testing

/// Every `roost` command in the console blocks of the README and of the guides is one that the command line takes.
@Suite struct DocumentedCommandTests {
    /// A command without its first word, `roost`.
    struct Named: Sendable, CustomTestStringConvertible {
        /// `docs/guides/copies.md:48`
        let place: String
        let words: [String]
        var testDescription: String { "\(place): roost \(words.joined(separator: " "))" }
    }

    /// The README and the guides, by their paths from the root of the checkout.
    static func pages() throws -> [String] {
        let guides = SourceFile.repository.appending(path: "docs/guides").path(percentEncoded: false)
        let names = try FileManager.default.contentsOfDirectory(atPath: guides)
        return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/guides/\($0)" }
    }

    /// The command lines of a page's console blocks.
    static func lines(of page: String) throws -> [(place: String, text: String)] {
        let text = try String(contentsOf: SourceFile.repository.appending(path: page), encoding: .utf8)
        var isConsole = false
        var lines: [(String, String)] = []
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("```") { isConsole = line == "```console" }
            if isConsole, line.hasPrefix("$ ") { lines.append(("\(page):\(index + 1)", String(line.dropFirst(2)))) }
        }
        return lines
    }

    static let named: [Named] = {
        // Pages that cannot be read leave no commands, and their number is tested.
        let all = (try? pages().flatMap { try lines(of: $0) }) ?? []
        return all.flatMap { line in commands(in: line.text).map { Named(place: line.place, words: $0) } }
    }()

    /// The `roost` commands of a line of shell, wherever they stand: in a substitution, behind a pipe, before a
    /// redirection.
    static func commands(in line: String) -> [[String]] {
        let substitution = /\$\(([^()]*)\)/
        let inner = line.matches(of: substitution).flatMap { commands(in: String($0.1)) }
        return pipeline(line.replacing(substitution, with: "substituted")).compactMap { words in
            let command = words.drop { $0 == "sudo" || $0.wholeMatch(of: /\w+=.*/) != nil }
            return command.first == "roost" ? Array(command.dropFirst()) : nil
        } + inner
    }

    /// The simple commands of a line, each as its words, without comments and redirections.
    private static func pipeline(_ line: String) -> [[String]] {
        var commands: [[String]] = [[]]
        var isFile = false
        for match in line.matches(of: /#.*|[|&;]+|[<>]+|(?:'[^']*'|"[^"]*"|[^\s'"|&;<>])+/) {
            switch match.0.first {
            case "#": break
            case "|", "&", ";": commands.append([])
            case "<", ">": isFile = true
            default:
                if !isFile { commands[commands.count - 1].append(match.0.filter { !"'\"".contains($0) }) }
                isFile = false
            }
        }
        return commands
    }

    @Test func thePagesNameCommands() { #expect(Self.named.count > 70) }

    @Test(arguments: named)
    func aCommandOfAPageParses(_ named: Named) async {
        await #expect(throws: Never.self, "\(named.testDescription)") { try await Self.parse(named.words) }
    }

    static let shell: [(line: String, commands: [[String]])] = [
        ("roost run data -- mysql < mine.sql   # plain; unchanged", [["run", "data", "--", "mysql"]]),
        ("export A=$(roost clone shop) && roost ls", [["ls"], ["clone", "shop"]]),
        ("eval \"$(roost env --format shell)\"", [["env", "--format", "shell"]]),
        ("mysqldump shop | sudo roost import data", [["import", "data"]]),
        ("roost run data -- mysql -e 'select 1'", [["run", "data", "--", "mysql", "-e", "select 1"]]),
        ("sudo pkill -x roostd; make up", []),
    ]

    @Test(arguments: shell)
    func commandsAreFoundInALineOfShell(line: String, commands: [[String]]) {
        #expect(Self.commands(in: line) == commands)
    }

    @Test(arguments: ["roost clone extend mine 8h --nosuch", "roost nosuch", "roost scale data", "roost template add"])
    func aCommandThatDoesNotParseIsFound(line: String) async throws {
        let words = try #require(Self.commands(in: line).first)
        await #expect(throws: Problem.self, "\(line)") { try await Self.parse(words) }
    }

    private static func parse(_ words: [String]) async throws {
        do {
            _ = try await Roost.asyncParseAsRoot(words)
        } catch {
            throw Problem(.usage, Roost.message(for: error))
        }
    }
}
