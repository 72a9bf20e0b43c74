import RoostModel

/// Shows the steps of an operation as they come: one growing line on a terminal, a line each elsewhere.
struct StepLine {
    private let output: Output
    private let style: Style
    private var shown = 0
    private var column = 0

    private let isSilent: Bool
    /// How far the step under way has come: overwritten by what comes next.
    private var progress = ""

    init(_ output: Output, isSilent: Bool = false) {
        self.output = output
        self.isSilent = isSilent
        style = Style(.error, of: output.caller)
    }

    mutating func show(_ steps: [OperationInfo.Step]) {
        if steps.count > shown { clearProgress() }
        for step in steps.dropFirst(shown) where !isSilent { show(step) }
        shown = max(shown, steps.count)
    }

    private mutating func show(_ step: OperationInfo.Step) {
        let name = step.name.printable
        let time = Duration.milliseconds(step.milliseconds).rounded
        guard output.caller.errorIsTerminal, !output.json else {
            output.note("\(name) \(time)")
            return
        }
        let width = name.displayWidth + time.count + 5
        if column > 0 && column + width > output.caller.errorWidth { end() }
        output.caller.write(.error, style.paint("▸ ", .green) + name + " " + style.paint(time, .grey) + "  ")
        column += width
    }

    /// On a terminal alone: elsewhere it would be a line each time.
    mutating func show(progress text: String?) {
        guard output.caller.errorIsTerminal, !output.json, !isSilent else { return }
        clearProgress()
        guard let text = text?.printable, column + text.displayWidth < output.caller.errorWidth else { return }
        output.caller.write(.error, text)
        progress = text
    }

    private mutating func clearProgress() {
        guard !progress.isEmpty else { return }
        let width = progress.displayWidth
        let back = String(repeating: "\u{8}", count: width)
        output.caller.write(.error, back + String(repeating: " ", count: width) + back)
        progress = ""
    }

    /// Ends the growing line.
    mutating func end() {
        clearProgress()
        if column > 0 { output.caller.write(.error, "\n") }
        column = 0
    }
}
