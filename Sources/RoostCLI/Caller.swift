import Foundation
import Glibc

/// The process context of the command line: environment, directory, user and terminals. Tests make their own.
package struct Caller: Sendable {
    package enum Stream: Sendable { case output, error }

    package var environment: [String: String]
    package var directory: String
    package var userID: UInt32
    package var userHome: String
    package var inputIsTerminal: Bool
    package var outputIsTerminal: Bool
    package var errorIsTerminal: Bool
    /// Columns of the terminal on standard error.
    package var errorWidth: Int
    /// Columns of the terminal on standard output.
    package var outputWidth: Int
    package var write: @Sendable (Stream, String) -> Void
    /// Reads a line of standard input, without its line break; nil at the end of input.
    package var readLine: @Sendable () -> String?

    package init(
        environment: [String: String], directory: String, userID: UInt32, userHome: String,
        inputIsTerminal: Bool = false, outputIsTerminal: Bool = false, errorIsTerminal: Bool = false,
        errorWidth: Int = 80, outputWidth: Int = 80, write: @escaping @Sendable (Stream, String) -> Void,
        readLine: @escaping @Sendable () -> String? = { nil }
    ) {
        self.environment = environment
        self.directory = directory
        self.userID = userID
        self.userHome = userHome
        self.inputIsTerminal = inputIsTerminal
        self.outputIsTerminal = outputIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.errorWidth = errorWidth
        self.outputWidth = outputWidth
        self.write = write
        self.readLine = readLine
    }

    /// Whether a person can answer a question.
    package var canBeAsked: Bool { inputIsTerminal && errorIsTerminal }

    /// An environment variable; an empty one counts as unset, as in shells' `${NAME:-…}`.
    package func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    package static func process() -> Caller {
        let environment = ProcessInfo.processInfo.environment
        return Caller(
            environment: environment, directory: FileManager.default.currentDirectoryPath, userID: geteuid(),
            userHome: environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory(),
            inputIsTerminal: isatty(STDIN_FILENO) == 1, outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            errorIsTerminal: isatty(STDERR_FILENO) == 1, errorWidth: terminalWidth(STDERR_FILENO),
            outputWidth: terminalWidth(STDOUT_FILENO),
            write: { stream, text in
                switch stream {
                case .output: writeAll(text, to: STDOUT_FILENO)
                case .error: writeAll(text, to: STDERR_FILENO)
                }
            }, readLine: { Swift.readLine() })
    }

    static func terminalWidth(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func writeAll(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
                } else if errno == EAGAIN {
                    // The terminal is in non-blocking mode, left so by another program.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&wait, 1, -1)
                } else if errno == EPIPE {
                    // The reader has gone (`roost ls | head -1`). The networking library ignores SIGPIPE, so exit as
                    // SIGPIPE would.
                    exit(128 + SIGPIPE)
                } else if errno != EINTR {
                    // No stream is left to report the error on.
                    exit(1)
                }
            }
        }
    }
}
