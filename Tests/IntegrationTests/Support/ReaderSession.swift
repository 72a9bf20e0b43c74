import Foundation
import Testing

/// The session of a reader who types a page's commands on a terminal. What is printed is compared with the page.
struct ReaderSession {
    let roost: Roost
    /// The folder in which the shell begins: the application's, which may not exist yet.
    let folder: String
    /// Names of the page, and those of this run in their place: paths, addresses, ids.
    var standIns: [String: String] = [:]
    /// Steps that are taken beside the others: they are not compared.
    var concurrentSteps: [String] = []
    fileprivate let shell: TerminalShell

    fileprivate init(_ roost: Roost, application: String) throws {
        self.roost = roost
        folder = "\(roost.folder)/src/\(application)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        shell = try TerminalShell(roost, in: folder)
    }

    /// Writes a file of the reader's, beside the build file.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// Types the commands of a block. Each must succeed, and must print what the page shows below it.
    mutating func play(_ sample: ConsoleSample, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for step in sample.steps {
            let screen = try await shell.type(inThisRun(step.command))
            try #require(screen.status == 0, "\(step): \(screen)", sourceLocation: sourceLocation)
            guard !step.output.isEmpty else { continue }
            learnNames(from: step.output, as: screen.lines)
            let shown = SampleText(step.output.map(inThisRun), concurrent: concurrentSteps)
            let printed = SampleText(screen.lines, concurrent: concurrentSteps)
            #expect(
                shown.matches(printed), "\(step) prints\n\(printed)\nand the page shows\n\(shown)",
                sourceLocation: sourceLocation)
        }
    }

    /// Ids and addresses differ in each run. Those of the page stand for those of the output, in the same order.
    private mutating func learnNames(from sample: [String], as printed: [String]) {
        for (name, own) in zip(Self.names(in: sample), Self.names(in: printed)) where standIns[name] == nil {
            standIns[name] = own
        }
    }

    /// Ids of snapshots, addresses, and generated names of clones.
    private static func names(in lines: [String]) -> [String] {
        lines.joined(separator: "\n")
            .matches(of: /\b\d{8}-\d{6}-[0-9a-f]{4}\b|127\.0\.0\.1:\d+|\b[a-z]+-[0-9a-f]{6}\b/).map { String($0.0) }
    }

    /// A text of the page, with the names of this run.
    private func inThisRun(_ text: String) -> String {
        // A name may begin as another does.
        let names = standIns.sorted { $0.key.count > $1.key.count }
        var (rest, result) = (text[...], "")
        while let letter = rest.first {
            if let (name, own) = names.first(where: { rest.hasPrefix($0.key) }) {
                result += own
                rest = rest.dropFirst(name.count)
            } else {
                result.append(letter)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}

extension Roost {
    /// Runs `body` with a reader's session, and ends its shell, whatever happens.
    func withReader(of application: String, _ body: (inout ReaderSession) async throws -> Void) async throws {
        var reader = try ReaderSession(self, application: application)
        let shell = reader.shell
        do {
            try await body(&reader)
            await shell.close()
        } catch {
            await shell.close()
            throw error
        }
    }
}
