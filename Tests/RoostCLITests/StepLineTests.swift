import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostCLI

/// The display of long work: the running step with its time, bytes and rate, and a builder's output.
@Suite struct StepLineTests {
    /// The text on standard error, for a terminal of a given width or for no terminal.
    final class Screen: Sendable {
        private let text = Mutex("")
        var written: String { text.withLock { $0 } }

        func output(terminal: Bool, width: Int = 80, environment: [String: String] = [:]) -> Output {
            Output(
                caller: Caller(
                    environment: environment.merging(["NO_COLOR": "1"]) { $1 }, directory: "/", userID: 0,
                    userHome: "/",
                    errorIsTerminal: terminal, errorWidth: width,
                    write: { _, text in self.text.withLock { $0 += text } }),
                json: false)
        }

        /// The lines as a terminal shows them in the end: backspaces remove characters.
        var lines: [String] {
            written.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                var shown: [Character] = []
                var place = 0
                for character in line {
                    if character == "\u{8}" {
                        place -= 1
                    } else {
                        if place < shown.count { shown[place] = character } else { shown.append(character) }
                        place += 1
                    }
                }
                return String(shown).replacing(#/ +$/#, with: "")
            }
        }
    }

    static let began = ContinuousClock.now

    static func operation(
        steps: [String] = [], running: String? = nil, bytes: ByteCount? = nil, progress: String? = nil,
        printed: [String] = []
    ) -> OperationInfo {
        var operation = OperationInfo(
            id: "op1", kind: "template", application: nil, service: nil, state: .running,
            steps: steps.map { .init(name: $0, milliseconds: 85) }, error: nil, progress: progress,
            currentStep: running.map {
                .init(name: $0, startedAt: Samples.time, bytes: bytes, totalBytes: .mebibytes(120))
            },
            startedAt: Samples.time, endedAt: nil)
        var output = OperationInfo.Output()
        for line in printed { output.add(line) }
        operation.output = printed.isEmpty ? nil : output
        return operation
    }

    @Test func aTerminalShowsTheRunningStepWithItsTimeBytesAndRate() {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: true))
        line.show(Self.operation(running: "import"), now: Self.began)
        #expect(screen.lines == ["▸ import …"])
        line.show(
            Self.operation(running: "import", bytes: .mebibytes(40), progress: "40M of 120M"),
            now: Self.began + .seconds(10))
        #expect(screen.lines == ["▸ import 10 s, 40M of 120M, 4M/s"])
        line.show(Self.operation(steps: ["import"], running: "mask"), now: Self.began + .seconds(30))
        #expect(screen.lines == ["▸ import 85 ms  ▸ mask …"])
        line.end()
        #expect(screen.lines == ["▸ import 85 ms", ""])
    }

    @Test func elsewhereALongStepIsToldInPlainLines() {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: false))
        for seconds in [0, 1, 4, 6, 7, 16, 20, 61, 70, 125] {
            line.show(Self.operation(running: "mask"), now: Self.began + .seconds(seconds))
        }
        line.show(Self.operation(steps: ["mask"]), now: Self.began + .seconds(130))
        #expect(
            screen.lines == ["mask 6 s …", "mask 16 s …", "mask 1 min 1 s …", "mask 2 min 5 s …", "mask 85 ms", ""])
    }

    @Test(arguments: [true, false])
    func whatABuilderPrintsIsShownOnce(terminal: Bool) {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: terminal))
        line.show(Self.operation(running: "api: build", printed: ["fetching"]), now: Self.began)
        line.show(Self.operation(running: "api: build", printed: ["fetching", "compiling"]), now: Self.began)
        line.show(Self.operation(steps: ["api: build"], printed: ["fetching", "compiling"]), now: Self.began)
        line.end()
        #expect(screen.lines.filter { $0.contains("|") } == ["  | fetching", "  | compiling"])
        #expect(screen.lines.contains { $0.contains("api: build 85 ms") })
    }

    @Test(arguments: [10, 24, 40])
    func aNarrowTerminalIsNotOverrun(width: Int) {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: true, width: width))
        line.show(Self.operation(running: "import", bytes: .mebibytes(4), progress: "4M of 120M"), now: Self.began)
        line.show(Self.operation(steps: ["import"], running: "finalise the template"), now: Self.began)
        #expect(
            screen.lines.dropLast().allSatisfy { $0.count <= max(width, "▸ import 85 ms".count) }, "\(screen.lines)")
        #expect((screen.lines.last ?? "").count < max(width, 15), "\(screen.lines)")
    }

    @Test func aTerminalThatCannotGoBackGetsPlainLines() {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: true, environment: ["TERM": "dumb"]))
        line.show(Self.operation(running: "import"), now: Self.began)
        line.show(Self.operation(running: "import"), now: Self.began + .seconds(6))
        #expect(!screen.written.contains("\u{8}") && screen.lines == ["import 6 s …", ""])
    }

    @Test func beforeACallersCommandNothingStays() {
        let screen = Screen()
        var line = StepLine(screen.output(terminal: true), amount: .runningOnly)
        line.show(Self.operation(steps: ["copy image"], running: "start"), now: Self.began)
        #expect(screen.lines == ["▸ start …"])
        line.end()
        #expect(screen.lines == [""])
    }

    @Test func outputKeepsItsLastLinesAndCountsAll() {
        var output = OperationInfo.Output()
        for number in 0..<250 { output.add("\(number)") }
        #expect(output.count == 250 && output.lines.count == 100 && output.lines.last == "249")
        #expect(Array(output.lines(after: 248)) == ["248", "249"])
        #expect(output.lines(after: 250).isEmpty && output.lines(after: 0).count == 100)
    }
}
