import RoostModel

extension Problem {
    /// Adds the caller's flags to the next steps, so that they reach the same daemon and the same application as the
    /// failed command. The daemon does not know how it was called.
    func followable(by options: Options) -> Problem {
        let said: [(names: [String], text: String)] = [
            (["--url"], options.url.map { "--url \(Hint.quoted($0))" }),
            (["--home"], options.home.map { "--home \(Hint.quoted($0))" }),
            (["-A", "--application"], options.application.map { "-A \($0)" }),
        ].compactMap { names, text in text.map { (names, $0) } }
        guard !said.isEmpty else { return self }
        return Problem(code, message, next: nextSteps.map { Self.step($0, saying: said) }, diagnostics: diagnostics)
    }

    private static func step(_ step: String, saying said: [(names: [String], text: String)]) -> String {
        guard step.hasPrefix("roost ") else { return step }
        // The words behind -- belong to another program, and a remark follows #.
        let cut = [" -- ", "  #"].compactMap { step.firstRange(of: $0)?.lowerBound }.min() ?? step.endIndex
        let words = step[..<cut].split(separator: " ").map(String.init)
        let missing = said.filter { option in !words.contains { option.names.contains($0) } }
            .filter { !($0.names.contains("-A") && takesNoApplication(words)) }
        let trimmed = step[..<cut].reversed().drop { $0 == " " }.reversed()
        return String(trimmed) + missing.map { " \($0.text)" }.joined() + step[cut...]
    }

    /// Whether a command names its application itself, or has none.
    private static func takesNoApplication(_ words: [String]) -> Bool {
        let command = words.dropFirst().first ?? ""
        return [
            "create", "connect", "ls", "list", "doctor", "engine", "host", "token", "ca", "recover", "completion",
            "help", "template",
        ]
        .contains(command) || command.hasPrefix("-") || words.contains("--all")
    }
}
