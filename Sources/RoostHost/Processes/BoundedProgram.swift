import CHost
import Foundation
import Glibc
import RoostModel

/// A program that is not part of Roost, run to its end: with a time limit and bounded output, and without leaving any
/// process of it behind. Other holders of its streams are not waited for.
package struct BoundedProgram: Sendable {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// The program does not exist, or is for another kind of machine.
        case notRunnable(errno: Int32)
        case tookTooLong
        case printedTooMuch
        case cancelled
        /// The machine could not start any program just now.
        case machine(errno: Int32)

        package var description: String {
            switch self {
            case .notRunnable(let number): "it cannot be executed: \(HostError.reason(number))"
            case .tookTooLong: "it timed out"
            case .printedTooMuch: "its output is too long"
            case .cancelled: "it was cancelled"
            case .machine(let number): "the machine cannot start programs: \(HostError.reason(number))"
            }
        }
    }

    package struct Ending: Sendable {
        package let status: ExitStatus
        package let output: String
        package let errors: String
    }

    /// An absolute path.
    let program: String
    let arguments: [String]
    /// The complete environment: nothing is inherited.
    let environment: [String: String]
    /// The user that runs the program, without any way to gain privileges. Nil: the caller's user.
    let user: ServerUser?
    /// Descriptor of the standard input, which the caller keeps open. Nil: no input.
    let input: Int32?
    /// Whether the run closes `input`: for the end of a pipe that no other process may hold.
    let givesInput: Bool
    /// Descriptor of the standard output, which the run closes. Nil: the output is collected.
    let output: Int32?
    let patience: Duration
    let longestOutput: Int

    package init(
        program: String, arguments: [String], environment: [String: String], user: ServerUser? = nil,
        input: Int32? = nil, givesInput: Bool = false, output: Int32? = nil, patience: Duration, longestOutput: Int
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.user = user
        self.input = input
        self.givesInput = givesInput
        self.output = output
        self.patience = patience
        self.longestOutput = longestOutput
    }

    /// Runs the program on a thread of its own. Cancelling the task ends the program.
    package func run() async throws(Failure) -> Ending {
        let cancel = chost_event()
        guard cancel >= 0 else {
            let number = errno
            if givesInput, let input { close(input) }
            if let output { close(output) }
            throw .machine(errno: number)
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(returning: Result { () throws(Failure) in try runNow(cancel: cancel) })
                }
            }
        } onCancel: {
            chost_event_raise(cancel)
        }
        close(cancel)
        return try result.get()
    }

    /// Blocks until the program has ended.
    package func runNow() throws(Failure) -> Ending { try runNow(cancel: -1) }

    /// Like `runNow()`, ended early once the event `cancel` is raised. -1: no event.
    func runNow(cancel: Int32) throws(Failure) -> Ending {
        let words = CStrings([program] + arguments)
        let variables = CStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        var plan = chost_program()
        plan.arguments = UnsafePointer(words.pointer)
        plan.environment = UnsafePointer(variables.pointer)
        if let user, geteuid() == 0, user.uid != 0 {
            plan.change_user = true
            plan.user = user.uid
            plan.group = user.gid
        }
        plan.input = input ?? -1
        plan.gives_input = givesInput
        if let output {
            plan.gives_output = true
            plan.output = output
        }
        plan.cancel = cancel
        let (seconds, rest) = patience.components
        plan.patience_ms = Int32(clamping: seconds * 1000 + rest / 1_000_000_000_000_000)
        plan.limit = longestOutput
        var end = chost_program_end()
        let error = withExtendedLifetime((words, variables)) {
            program.withCString { path in
                plan.program = path
                return chost_program_run(&plan, &end)
            }
        }
        defer { chost_program_free(&end) }
        switch error {
        case 0:
            return Ending(
                status: end.signalled ? .signalled(end.value) : .exited(end.value), output: Self.text(end.output),
                errors: Self.text(end.errors))
        case ETIMEDOUT: throw .tookTooLong
        case ECANCELED: throw .cancelled
        case EMSGSIZE: throw .printedTooMuch
        case ENOENT, EACCES, ENOEXEC, ENOTDIR, ELIBBAD: throw .notRunnable(errno: error)
        default: throw .machine(errno: error)
        }
    }

    /// An open file with the text, as a program's standard input. The caller closes it.
    package static func inputFile(_ text: String) throws(Failure) -> Int32 {
        let bytes = Array(text.utf8)
        let file = chost_text_file(bytes, bytes.count)
        guard file >= 0 else { throw .machine(errno: errno) }
        return file
    }

    private static func text(_ text: chost_text) -> String {
        guard let bytes = text.bytes else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: text.length), as: UTF8.self)
    }
}
