import Foundation
import Glibc
import RoostEngines
import RoostModel

/// Tests whether this machine can run the programs of a prepared tree, always as an unprivileged user.
struct ProgramChecks {
    let tree: String
    let user: ServerUser?

    private static let patience = Duration.seconds(20)

    /// The loader's report on the libraries of `program`, a path within the tree.
    func libraries(
        of program: String, _ file: ELFFile, loader: Wrapper.Loader?, folders: [String]
    ) async throws(InstallError) -> LoaderReport {
        let own = file.interpreter ?? ""
        // The path comes from the file, so only the machine's known loader is run.
        guard loader != nil || own.hasSuffix("/\(ProgramPlan.loaderName)") else {
            throw .notRunnable(
                program: program,
                words: "it was built for a different C library: its loader is '\(TreeRules.shown(Array(own.utf8)))'")
        }
        let path =
            switch loader {
            case .bundled(let path): "\(tree)/\(path)"
            case .machine(let path): path
            case nil: own
            }
        let search = loader == nil ? [] : ["--library-path", folders.map { "\(tree)/\($0)" }.joined(separator: ":")]
        let outcome = try await run(path, ["--list"] + search + ["\(tree)/\(program)"])
        return LoaderReport(output: outcome.output, errors: outcome.errors, succeeded: outcome.succeeded)
    }

    /// The version that a server program prints.
    func version(of path: String, _ program: ServerProgram) async throws(InstallError) -> ServerProgram.Answer {
        let outcome = try await run("\(tree)/\(path)", ["--version"])
        let words = Self.words(outcome)
        guard outcome.succeeded else { throw .noVersion(program: path, words: "\(outcome.ending): \(words)") }
        let answer = program.read(outcome.output + outcome.errors)
        guard answer != .none else { throw .noVersion(program: path, words: words) }
        return answer
    }

    func run(_ program: String, _ arguments: [String]) async throws(InstallError) -> ShortCommand.Outcome {
        do throws(EngineError) {
            return try await ShortCommand(
                program: program, arguments: arguments, user: user, patience: Self.patience
            ).run()
        } catch {
            if Task.isCancelled { throw .cancelled }
            let name = program.hasPrefix(tree) ? String(program.dropFirst(tree.count + 1)) : program
            throw .notRunnable(program: name, words: "\(error)")
        }
    }

    static func words(_ outcome: ShortCommand.Outcome) -> String {
        let lines = (outcome.errors + "\n" + outcome.output).split(whereSeparator: \.isNewline).prefix(3)
        return lines.isEmpty ? "no output" : lines.map { TreeRules.shown(Array($0.utf8)) }.joined(separator: "; ")
    }
}
