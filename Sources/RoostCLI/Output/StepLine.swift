import RoostModel

/// Shows the steps of an operation as they come: one growing line on a terminal, a line each elsewhere.
struct StepLine {
    private let output: Output
    private let style: Style
    private var shown = 0
    private var column = 0

    init(_ output: Output) {
        self.output = output
        style = Style(.error, of: output.caller)
    }

    mutating func show(_ steps: [OperationInfo.Step]) {
        for step in steps.dropFirst(shown) { show(step) }
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

    /// Ends the growing line.
    mutating func end() {
        if column > 0 { output.caller.write(.error, "\n") }
        column = 0
    }
}
