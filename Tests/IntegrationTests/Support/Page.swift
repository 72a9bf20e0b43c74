import Foundation

/// A page of the documentation, by its fenced blocks.
struct Page {
    struct Block {
        let language: String
        /// The number of the first line within the fence.
        let firstLine: Int
        var lines: [String] = []
    }

    /// The path from the root of the checkout: `docs/guides/copies.md`.
    let path: String
    let blocks: [Block]

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: "\(Programs.checkout)/\(path)", encoding: .utf8)
        var blocks: [Block] = []
        var isInside = false
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("```") {
                isInside.toggle()
                if isInside { blocks.append(Block(language: String(line.dropFirst(3)), firstLine: index + 2)) }
            } else if isInside {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        self.blocks = blocks
    }

    /// The console blocks that show output.
    func samples() throws -> [ConsoleSample] {
        try blocks.filter { $0.language == "console" }.map { try ConsoleSample($0, of: path) }
            .filter { sample in sample.steps.contains { !$0.output.isEmpty } }
    }
}

/// A console block: commands, and the output that the page shows below each of them.
struct ConsoleSample {
    struct Step: CustomStringConvertible {
        /// `docs/guides/copies.md:48`
        let place: String
        let command: String
        /// Empty where the page leaves the output out.
        var output: [String] = []

        var description: String { "\(place): `\(command)`" }
    }

    private(set) var steps: [Step] = []

    init(_ block: Page.Block, of path: String) throws {
        for (number, line) in zip(block.firstLine..., block.lines) {
            if line.hasPrefix("$ ") {
                steps.append(Step(place: "\(path):\(number)", command: String(line.dropFirst(2))))
            } else if steps.isEmpty {
                throw Unexpected("\(path):\(number): a console block begins with a command")
            } else {
                steps[steps.count - 1].output.append(line)
            }
        }
    }

    /// The commands and the output, as the page has them.
    var lines: [String] { steps.flatMap { ["$ \($0.command)"] + $0.output } }
}
