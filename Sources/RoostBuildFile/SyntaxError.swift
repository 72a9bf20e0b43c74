import RoostModel
import Yams

/// Puts libyaml's error into a sentence, at the line that the user has to look at.
enum SyntaxError {
    static func describe(_ error: any Error, in source: SourceText) -> (line: Int, message: String) {
        guard let error = error as? YamlError else { return (1, "not valid YAML: \(error)") }
        switch error {
        case .scanner(let context, let problem, let mark, _):
            // An unterminated construct is reported at its beginning; libyaml notices it lines later.
            return sentence(problem, mark, began: context, at: context?.mark.line ?? mark.line, in: source)
        case .parser(let context, let problem, let mark, _), .composer(let context, let problem, let mark, _):
            return sentence(problem, mark, began: context, at: mark.line, in: source)
        case .reader(let problem, _, let value, _):
            let line = source.line { Int32(bitPattern: $0.value) == value } ?? 1
            let code = String(value, radix: 16, uppercase: true)
            let character = "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
            return (line, "not valid YAML: \(problem) (\(character))")
        case .memory:
            return (1, "reading the file needs too much memory")
        case .no, .writer, .emitter, .representer, .dataCouldNotBeDecoded, .duplicatedKeysInMapping:
            return (1, "not valid YAML: \(error)")
        }
    }

    private static func sentence(
        _ problem: String, _ mark: Mark, began context: YamlError.Context?, at line: Int, in source: SourceText
    ) -> (line: Int, message: String) {
        let last = source.lineCount
        let line = min(line, last)
        for tabbed in [mark.line, line] where source.isIndentedByTab(tabbed) {
            return (tabbed, "tabs cannot be used for indentation; use spaces")
        }
        // The rest of libyaml's sentence is for programmers.
        if problem.hasPrefix("Maximum nesting level") { return (line, "not valid YAML: nested too deeply") }
        var message = "not valid YAML: \(problem)"
        if let context, !context.text.isEmpty {
            message += " \(context.text)"
            if context.mark.line != line { message += " that begins on line \(context.mark.line)" }
        }
        return (line, message + hint(problem))
    }

    /// A hint about the likely mistake; libyaml's sentences are about the grammar.
    private static func hint(_ problem: String) -> String {
        switch problem {
        case "mapping values are not allowed in this context":
            "; check the indentation, and quote text that contains ': '"
        case "could not find expected ':'": "; a key ends with a colon"
        case "did not find expected key", "did not find expected '-' indicator": "; check the indentation"
        case "found unexpected end of stream": "; a quote is not closed"
        default: ""
        }
    }
}
