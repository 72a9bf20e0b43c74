import RoostModel

/// Shows an operation's progress. On a terminal: one growing line of finished steps, with the running step, its time,
/// bytes and rate at the end. Elsewhere: plain lines.
struct StepLine {
    /// The steps that are shown.
    enum Amount { case all, runningOnly }

    private let output: Output
    private let style: Style
    private let amount: Amount
    private let isLive: Bool
    private var shown = 0
    private var column = 0
    private var seenLines = 0
    /// The running step's text on the terminal; the next text overwrites it.
    private var live = ""
    private var running: (name: String, since: ContinuousClock.Instant, told: Int)?

    init(_ output: Output, amount: Amount = .all) {
        self.output = output
        self.amount = amount
        style = Style(.error, of: output.caller)
        isLive = output.caller.errorIsTerminal && !output.json && output.caller.variable("TERM") != "dumb"
    }

    /// Longest wait for an answer; short on a terminal, where the running step's time is updated.
    var patience: Duration { isLive ? .seconds(1) : .seconds(5) }

    mutating func show(_ operation: OperationInfo, now: ContinuousClock.Instant = .now) {
        show(operation.output)
        if operation.steps.count > shown { clearLive() }
        for step in operation.steps.dropFirst(shown) where amount == .all { show(step) }
        shown = max(shown, operation.steps.count)
        show(operation.state == .running ? operation.currentStep : nil, operation.progress, now)
    }

    /// Prints a builder's output line by line, above the line of steps.
    private mutating func show(_ printed: OperationInfo.Output?) {
        guard let printed, printed.count > seenLines, amount == .all else { return }
        let lines = printed.lines(after: seenLines)
        if isLive { end() }
        if printed.count - seenLines > lines.count { output.note("  | …") }
        for line in lines { output.note("  | \(line)") }
        seenLines = printed.count
    }

    private mutating func show(_ step: OperationInfo.Step) {
        let name = step.name.printable
        let time = Duration.milliseconds(step.milliseconds).rounded
        guard isLive else {
            output.note("\(name) \(time)")
            return
        }
        let width = name.displayWidth + time.count + 5
        if column > 0 && column + width > output.caller.errorWidth { end() }
        output.caller.write(.error, style.paint("▸ ", .green) + name + " " + style.paint(time, .grey) + "  ")
        column += width
    }

    private mutating func show(
        _ step: OperationInfo.RunningStep?, _ progress: String?, _ now: ContinuousClock.Instant
    ) {
        guard let step else {
            running = nil
            return show(live: progress)
        }
        if running?.name != step.name { running = (step.name, now, 0) }
        let elapsed = (running?.since ?? now).duration(to: now)
        let text = Self.text(step, progress, elapsed)
        guard !isLive else { return show(live: "▸ \(text)") }
        // Plain lines come at growing intervals.
        let due = [5, 15, 30, 60].last { elapsed >= .seconds($0) }.map {
            $0 < 60 ? $0 : Int(elapsed / .seconds(60)) * 60
        }
        guard let due, due > running?.told ?? 0, amount == .all else { return }
        running?.told = due
        output.note("\(text) …")
    }

    /// `import 12 s, 40M of 120M, 3400 statements, 3.4M/s`
    static func text(_ step: OperationInfo.RunningStep, _ progress: String?, _ elapsed: Duration) -> String {
        var parts = [
            "\(step.name.printable) \(elapsed < .seconds(1) ? "…" : Duration.seconds(Int(elapsed / .seconds(1))).rounded)"
        ]
        if let progress { parts.append(progress.printable) }
        if let bytes = step.bytes, elapsed >= .seconds(1) {
            let rate = ByteCount(bytes: Int64(Double(bytes.bytes) / (elapsed / .seconds(1))))
            parts.append("\(rate.rounded)/s")
        }
        return parts.joined(separator: ", ")
    }

    /// Only on a terminal: elsewhere every update would be another line.
    private mutating func show(live text: String?) {
        guard isLive else { return }
        clearLive()
        guard let text, !text.isEmpty else { return }
        if column > 0, column + text.displayWidth >= output.caller.errorWidth { end() }
        let fitting = text.cut(to: max(1, output.caller.errorWidth - column - 1))
        output.caller.write(.error, fitting)
        live = fitting
    }

    private mutating func clearLive() {
        guard !live.isEmpty else { return }
        let width = live.displayWidth
        let back = String(repeating: "\u{8}", count: width)
        output.caller.write(.error, back + String(repeating: " ", count: width) + back)
        live = ""
    }

    /// Ends the growing line.
    mutating func end() {
        clearLive()
        if column > 0 { output.caller.write(.error, "\n") }
        column = 0
    }
}
