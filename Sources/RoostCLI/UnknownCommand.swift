import ArgumentParser
import RoostModel

/// Replaces the parser's "unexpected argument" for a command that does not exist.
enum UnknownCommand {
    /// Commands that are planned but not in this version yet.
    private static let planned: [[String]] = [
        ["link"], ["backup"],
    ]

    /// Nil if the command exists and the error is a different one.
    static func problem(_ arguments: [String]) -> Problem? {
        let words = words(arguments)
        if let command = planned.first(where: { words.starts(with: $0) }) {
            return Problem(
                .notBuiltYet,
                "'roost \(command.joined(separator: " "))' is planned but not available in this version (\(Version.current))",
                next: ["roost --help"])
        }
        guard let word = words.first, !names.contains(word) else { return nil }
        // Suggestions differ in at most two letters. Words of one or two letters get none: every short word is near
        // to them.
        let near = names.filter { word.count > 2 && Suggestion.slips($0, word) <= 2 }.map { "roost \($0)" }
        return Problem(.usage, "unknown command '\(word)'", next: near + ["roost --help"])
    }

    /// The problem of `help WORD`. For an unknown word, the parser itself prints the root's help.
    static func helpProblem(_ arguments: [String]) -> Problem? {
        let words = words(arguments)
        guard words.first == "help", words.count > 1 else { return nil }
        return problem(Array(words.dropFirst()))
    }

    /// The arguments without the options that precede the command.
    static func words(_ arguments: [String]) -> ArraySlice<String> {
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            rest = rest.dropFirst(["--url", "--home", "--application", "-A"].contains(first) ? 2 : 1)
        }
        return rest
    }

    private static var names: [String] {
        let configuration = Roost.configuration
        let commands = configuration.groupedSubcommands.flatMap(\.subcommands) + configuration.ungroupedSubcommands
        return commands.flatMap { [$0.configuration.commandName ?? ""] + $0.configuration.aliases } + ["help"]
    }
}
