import CHost
import Glibc

/// A server frozen by `roost-guard`, a separate process, so that the server runs on if this process dies.
///
/// All calls block: see `Storage`.
package struct FreezeGuard: ~Copyable {
    private let subject: FreezeSubject
    private let deadline: Duration
    let process: Int32
    /// -1 once the guard was told to thaw.
    private var input: Int32
    private let output: Int32
    private var isReaped = false
    private var heard = ""

    /// Starts the guard, which freezes at once. The guard thaws by itself at the `deadline`. Takes a millisecond or
    /// two.
    package init(program: String, subject: FreezeSubject, deadline: Duration) throws(HostError) {
        let milliseconds = max(1, Int(deadline / .milliseconds(1)))
        let arguments = CStrings([program, "--deadline-ms", "\(milliseconds)"] + subject.arguments)
        var input: Int32 = -1
        var output: Int32 = -1
        let process = withExtendedLifetime(arguments) {
            chost_spawn_guard(program, arguments.pointer, &input, &output)
        }
        guard process >= 0 else { throw .spawn(program: program, step: "start the guard", errno: errno) }
        self.subject = subject
        self.deadline = deadline
        self.process = process
        self.input = input
        self.output = output
    }

    /// Runs without a prior `thaw` only after an error: the server is thawed, and the result of the pause is not
    /// needed. A failed thaw shows as a server that does not answer.
    deinit {
        if input >= 0 { close(input) }
        if !isReaped, Self.reap(process, within: deadline + Self.patience) == nil { try? subject.thaw() }
        close(output)
        close(process)
    }

    /// Returns once all processes are stopped; throws `.notFrozen` with all of them running.
    package mutating func freeze() throws(HostError) {
        let line = nextLine()
        guard line == "frozen" else { throw failure(status: try end(), line) }
        do throws(HostError) { try subject.confirm() } catch {
            _ = try thaw()
            throw error
        }
    }

    /// Thaws the processes and returns the length of the pause. Throws `.thawedByDeadline` or `.thawedEarly` if the
    /// pause had ended before this call: the data read meanwhile is then unusable.
    package mutating func thaw() throws(HostError) -> Duration {
        closeInput()
        let line = nextLine()
        let status = try end()
        guard status == 0, let line, line.hasPrefix("thawed "), let microseconds = Int64(line.dropFirst(7)) else {
            throw failure(status: status, line)
        }
        return .microseconds(microseconds)
    }

    private mutating func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// The guard's exit status. Nil if the guard was killed; processes that it left frozen are thawed here.
    private mutating func end() throws(HostError) -> Int32? {
        closeInput()
        guard !isReaped else { return nil }
        let status = Self.reap(process, within: deadline + Self.patience)
        isReaped = true
        if status == nil { try subject.thaw() }
        return status
    }
}

extension FreezeGuard {
    /// Extra time beyond its deadline that a guard may need on a machine that swaps.
    private static var patience: Duration { .seconds(5) }

    private func failure(status: Int32?, _ line: String?) -> HostError {
        switch status {
        case 3: .thawedByDeadline(deadline)
        case 4: .thawedEarly(reason: "another process thawed it or ended the guard")
        case 5: .stillFrozen(reason: line ?? "unknown reason")
        case .some: .notFrozen(reason: line ?? "unknown reason")
        case nil: .thawedEarly(reason: "the guard was killed")
        }
    }

    /// Waits for the guard's end, which is imminent; nil if the guard was killed.
    private static func reap(_ process: Int32, within patience: Duration) -> Int32? {
        var signalled = false
        var status: Int32 = 0
        let end = ContinuousClock.now + patience
        while true {
            let result = chost_reap(process, &signalled, &status)
            if result == 1 { return signalled ? nil : status }
            if result < 0 || ContinuousClock.now >= end { break }
            _ = chost_await_any([process], 1, Int64((end - .now) / .nanoseconds(1)))
        }
        _ = chost_pidfd_signal(process, SIGKILL)
        return nil
    }

    /// The guard's next line; nil at the end of its output, or after a timeout.
    private mutating func nextLine() -> String? {
        let end = ContinuousClock.now + deadline + Self.patience
        var chunk = [UInt8](repeating: 0, count: 1024)
        while true {
            if let newline = heard.firstIndex(of: "\n") {
                defer { heard.removeSubrange(...newline) }
                return String(heard[..<newline])
            }
            let rest = end - ContinuousClock.now
            guard rest > .zero, chost_await_any([output], 1, Int64(rest / .nanoseconds(1))) <= 0 else { return nil }
            let count = read(output, &chunk, chunk.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else { return nil }
            heard += String(decoding: chunk[..<count], as: UTF8.self)
        }
    }
}
