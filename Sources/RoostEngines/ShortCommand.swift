import Foundation
import RoostModel
import Subprocess
import SystemPackage

/// A program that ends by itself soon, run to its end or to the end of patience. Its output is bounded.
package struct ShortCommand: Sendable {
    let program: String
    let arguments: [String]
    /// All of it: nothing is inherited.
    var environment: [String: String]
    /// Who runs it. Nil: the caller itself.
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
        do {
            return try await withThrowingTaskGroup(of: Outcome.self) { group in
                group.addTask { try await runToEnd() }
                group.addTask {
                    try await Task.sleep(for: patience)
                    throw EngineError.notReachable("\(program) did not end within \(patience)")
                }
                // The program is killed when its task is cancelled.
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        } catch let error as EngineError {
            throw error
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .programMissing(program)
        } catch {
            throw .notReachable("\(program) could not be run: \(error)")
        }
    }

    private func runToEnd() async throws -> Outcome {
        let result = try await Subprocess.run(
            configuration, input: .inputWriter, output: .string(limit: Self.longestOutput),
            error: .string(limit: Self.longestOutput)
        ) { execution in
            // Not the library's `.string`: it ends this whole process where a program ends before it has read all. The
            // library closes the pipe after this.
            do throws(SubprocessError) { return try await execution.standardInputWriter.write(input) } catch {
                // Why it stopped reading, its exit status and its errors say.
                guard error.underlyingError == .brokenPipe else { throw error }
                return 0
            }
        }
        // Half of a script that was read to its end looks like the whole.
        guard result.closureResult == input.utf8.count || !result.terminationStatus.isSuccess else {
            throw EngineError.notReachable("\(program) ended before it had read all that it was told")
        }
        return Outcome(result.terminationStatus, output: result.standardOutput, errors: result.standardError)
    }

    static func words(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit status \(code)"
        case .signaled(let number): "signal \(number)"
        }
    }

    /// How the program is started, for who connects it to others.
    var configuration: Subprocess.Configuration {
        var options = PlatformOptions()
        // A signal to the terminal's processes is for roostd, which then ends this one.
        options.createSession = true
        // A script's own children go with it: what is left of them would write on into a folder that is swept.
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        let words = command
        return Configuration(
            executable: .path(FilePath(words.program)), arguments: Arguments(words.arguments),
            environment: .custom(environment.reduce(into: [:]) { $0[.init(stringLiteral: $1.key)] = $1.value }),
            // The caller's own folder may be closed to the user.
            workingDirectory: "/", platformOptions: options)
    }

    /// Another user is taken on by `setpriv`, which every Linux has, and not by the library: there the child of a process
    /// with several threads calls functions of libc that wait for these threads, and now and then hangs for good.
    var command: (program: String, arguments: [String]) {
        guard let user, geteuid() == 0, user.uid != 0 else { return (program, arguments) }
        let identity = ["--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups"]
        return ("/usr/bin/setpriv", identity + [program] + arguments)
    }
}

extension ShortCommand.Outcome {
    init(_ status: TerminationStatus, output: String, errors: String) {
        self.init(succeeded: status.isSuccess, ending: ShortCommand.words(status), output: output, errors: errors)
    }
}
