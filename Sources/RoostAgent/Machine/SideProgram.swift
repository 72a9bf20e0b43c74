import RoostEngines
import RoostModel

/// Runs one of Roost's own programs for a moment, with a document as its input and one as its output.
package enum SideProgram {
    /// Returns what the program printed. Cancelling the task kills the program.
    package static func run(
        _ program: String, _ arguments: [String], input: String, patience: Duration
    ) async throws(Problem) -> String {
        let outcome: ShortCommand.Outcome
        do throws(EngineError) {
            outcome = try await ShortCommand(
                program: program, arguments: arguments, input: input, patience: patience
            ).run()
        } catch { throw Problem(.failed, "\(error)") }
        guard outcome.succeeded else {
            throw Problem(.failed, "\(program) failed with \(outcome.ending): \(outcome.errors.prefix(200))")
        }
        return outcome.output
    }
}
