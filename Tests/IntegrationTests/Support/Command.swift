import Foundation
import Synchronization
import Testing

/// The result of a program that has ended.
struct Outcome: Sendable, CustomStringConvertible {
    let command: String
    /// The status as a shell reports it: the exit status, or 128 and the signal.
    let status: Int32
    let output: String
    let errors: String

    /// The text for a failed expectation.
    var description: String {
        "\(command)\n  status \(status)\n  output: \(output)\n  errors: \(errors)"
    }

    /// The output's lines, without the last line's end.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A program that did not do what the test needs in order to go on.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Runs programs to their end.
enum Command {
    /// Output goes through unnamed files, so a program may print any amount, and a child that outlives it (a daemon)
    /// holds nothing up.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil,
        input: String = "", patience: Duration = .seconds(120)
    ) async throws -> Outcome {
        let text = ([program] + arguments).joined(separator: " ")
        let (standardInput, output, errors) = (try unnamedFile(), try unnamedFile(), try unnamedFile())
        // Foundation keeps a process that has a termination handler, and the files that it was given; they are closed
        // here.
        defer { for file in [standardInput, output, errors] { file.closeFile() } }
        try standardInput.write(contentsOf: Data(input.utf8))
        try standardInput.seek(toOffset: 0)

        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = clean(environment)
        process.currentDirectoryURL = folder.map { URL(filePath: $0) }
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        let end = ProcessEnd()
        process.terminationHandler = { end.arrive($0) }
        try process.run()

        let pid = process.processIdentifier
        let isOverdue = Mutex(false)
        let deadline = Task {  // Ends with this call.
            try await Task.sleep(for: patience)
            isOverdue.withLock { $0 = true }
            kill(pid, SIGKILL)
        }
        let status = await end.status()
        deadline.cancel()
        let outcome = Outcome(
            command: text, status: status, output: try content(output), errors: try content(errors))
        if isOverdue.withLock({ $0 }) { throw Unexpected("not ended after \(patience): \(outcome)") }
        return outcome
    }

    /// The test's environment, without the variables that would lead Roost or a client to a user's own files.
    static func clean(_ additions: [String: String] = [:]) -> [String: String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("ROOST_") && !$0.key.hasPrefix("MYSQL_") && $0.key != "XDG_RUNTIME_DIR" }
            .merging(["NO_COLOR": "1"]) { $1 }
            .merging(additions) { $1 }
    }

    private static func unnamedFile() throws -> FileHandle {
        var template = Array("/tmp/roost-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Unexpected("no temporary file: errno \(errno)") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func content(_ file: FileHandle) throws -> String {
        try file.seek(toOffset: 0)
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
}

/// The end of one process: reported once, awaited by any number of tasks.
final class ProcessEnd: Sendable {
    private enum State {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    private let state = Mutex(State.running([]))

    func arrive(_ process: Process) {
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        let waiting = state.withLock { state -> [CheckedContinuation<Int32, Never>] in
            guard case .running(let waiting) = state else { return [] }
            state = .ended(status)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    var hasCome: Bool {
        state.withLock { if case .ended = $0 { true } else { false } }
    }

    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Int32? in
                switch state {
                case .ended(let status): return status
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}

extension Outcome {
    /// Requires success, for steps on the way to what a test is about.
    @discardableResult
    func expectSuccess(sourceLocation: SourceLocation = #_sourceLocation) throws -> Outcome {
        try #require(status == 0, "\(self)", sourceLocation: sourceLocation)
        return self
    }
}
