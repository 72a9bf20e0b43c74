import RoostModel

/// Writes data to standard output, and notes and errors to standard error.
///
/// With `--json`, standard output carries one document (or one per line), also for errors, and standard error stays
/// silent.
package struct Output: Sendable {
    package let caller: Caller
    package let json: Bool

    package init(caller: Caller, json: Bool) {
        self.caller = caller
        self.json = json
    }

    /// Prints the answer of a command.
    package func show(_ answer: Answer) throws(Problem) {
        if json {
            try write(document: answer.document, indented: caller.outputIsTerminal)
        } else {
            caller.write(.output, answer.text(Style(.output, of: caller)))
        }
    }

    /// Prints one of many answers as it comes: as a line.
    package func stream(_ answer: Answer) throws(Problem) {
        if json {
            try write(document: answer.document, indented: false)
        } else {
            caller.write(.output, answer.text(Style(.output, of: caller)))
        }
    }

    /// Prints an answer only with `--json`; people have read the notes.
    package func showIfJSON(_ answer: Answer) throws(Problem) {
        if json { try show(answer) }
    }

    /// Prints a line for people, beside the data.
    package func note(_ text: String) {
        if !json { caller.write(.error, text.printable + "\n") }
    }

    private func write(document: any Encodable, indented: Bool) throws(Problem) {
        do {
            let data = indented ? try JSON.pretty(document) : try JSON.encode(document)
            caller.write(.output, String(decoding: data, as: UTF8.self) + "\n")
        } catch {
            throw Problem(.failed, "could not encode the answer as JSON: \(error)")
        }
    }

    /// Reports a problem: a document on standard output with `--json`, else sentences on standard error.
    package func report(_ problem: Problem, buildFile: String? = nil, usage: String? = nil) {
        if json {
            do {
                try write(document: ProblemBody(problem), indented: caller.outputIsTerminal)
                return
            } catch {
                // A problem consists of text, which always encodes; if it did not, the sentences below would report
                // it.
            }
        }
        caller.write(.error, Self.text(of: problem, buildFile: buildFile, usage: usage, Style(.error, of: caller)))
    }

    static func text(of problem: Problem, buildFile: String?, usage: String?, _ style: Style)
        -> String
    {
        // The parser's text has the usage line and the hint at help; only its "Error:" is replaced.
        if let usage { return usage.printableLines.replacing(#/^Error: /#, with: "roost: ") + "\n" }
        let excerpt = style.isOn ? buildFile.map { BuildFileExcerpt($0) } : nil
        var text = problem.diagnostics.reduce(into: "") { text, diagnostic in
            text += diagnostic.description.printable + "\n" + (excerpt?.text(diagnostic, style) ?? "")
        }
        text += style.paint("roost:", .red) + " \(problem.message.printableLines)\n"
        for step in problem.nextSteps { text += "  next: \(step.printable)\n" }
        return text
    }
}
