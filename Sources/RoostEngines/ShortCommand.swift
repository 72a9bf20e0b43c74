import Foundation
import RoostHost
import RoostModel

/// A program that ends by itself soon, run to its end or to its timeout. Its output is bounded.
package struct ShortCommand: Sendable {
    let program: String
    let arguments: [String]
    /// The whole environment: nothing is inherited.
    var environment: [String: String]
    /// The user who runs the program. Nil: the caller.
    var user: ServerUser?
    var input: String
    let patience: Duration

    package init(
        program: String, arguments: [String],
        environment: [String: String] = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], user: ServerUser? = nil,
        input: String = "", patience: Duration
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.user = user
        self.input = input
        self.patience = patience
    }

    package struct Outcome: Sendable {
        package let succeeded: Bool
        /// `exit status 7`, `signal 9`
        package let ending: String
        package let output: String
        package let errors: String
    }

    static let longestOutput = 32 << 20

    package func run() async throws(EngineError) -> Outcome {
        let file: Int32
        do throws(BoundedProgram.Failure) { file = try BoundedProgram.inputFile(input) } catch {
            throw Self.failure(error, program, patience)
        }
        defer { close(file) }
        let outcome = try await run(input: file)
        // Half of a script that was read to its end looks like the whole script.
        if outcome.succeeded, lseek(file, 0, SEEK_CUR) < input.utf8.count {
            throw .notReachable("\(program) ended before it had read all its input")
        }
        return outcome
    }

    /// Runs with an open file as standard input. No process that it started survives (`BoundedProgram`).
    func run(input: Int32) async throws(EngineError) -> Outcome {
        let bounded = BoundedProgram(
            program: program, arguments: arguments, environment: environment, user: user, input: input,
            patience: patience, longestOutput: Self.longestOutput)
        do throws(BoundedProgram.Failure) { return Outcome(try await bounded.run()) } catch {
            throw Self.failure(error, program, patience)
        }
    }

    private static func failure(
        _ failure: BoundedProgram.Failure, _ program: String, _ patience: Duration
    ) -> EngineError {
        switch failure {
        case .notRunnable(ENOENT): .programMissing(program)
        case .notRunnable(let number), .machine(let number):
            .notReachable("\(program) could not be run: \(String(cString: strerror(number)))")
        case .tookTooLong: .notReachable("\(program) did not end within \(patience)")
        case .printedTooMuch: .notReachable("\(program) printed more than \(longestOutput >> 20) MiB and was killed")
        case .cancelled: .notReachable("\(program) was killed: the call was cancelled")
        }
    }
}

extension ShortCommand.Outcome {
    init(_ end: BoundedProgram.Ending) {
        self.init(
            succeeded: end.status.isSuccess, ending: Self.words(end.status), output: end.output, errors: end.errors)
    }

    static func words(_ status: ExitStatus) -> String {
        switch status {
        case .exited(let code): "exit status \(code)"
        case .signalled(let number): "signal \(number)"
        case .unknown: "\(status)"
        }
    }
}
