import Foundation

/// A shell on a terminal of its own, in which commands are typed one after the other. The folder and the variables
/// stay from one command to the next, and a question for a name is answered with that name.
actor TerminalShell {
    /// What a command left on the screen, and the exit status that the shell saw.
    struct Screen: Sendable, CustomStringConvertible {
        let status: Int32
        let lines: [String]

        var description: String { "status \(status)\n\(lines.joined(separator: "\n"))" }
    }

    /// The width is beyond any output: a terminal cuts tables and wraps steps at its width.
    private static let columns: UInt16 = 2_000
    /// Reads a command, runs it in the shell itself, and prints a mark with its status.
    private static let loop = """
        set -o pipefail
        while IFS= read -r command; do eval "$command"; printf '%s %s\\n' "$1" "$?"; done
        """

    private let process = Process()
    private let end = ProcessEnd()
    private let keyboard: FileHandle
    private let mark = "status-\(UUID().uuidString):"
    private var printed: AsyncStream<Data>.Iterator

    init(_ roost: Roost, in folder: String) throws {
        let (screen, line) = try Self.makeTerminal()
        // Foundation keeps a process that has a termination handler, and the files that it was given.
        defer { line.closeFile() }
        keyboard = FileHandle(fileDescriptor: fcntl(screen.fileDescriptor, F_DUPFD_CLOEXEC, 0), closeOnDealloc: true)
        printed = Self.output(of: screen).makeAsyncIterator()

        let command = roost.inside(
            ["/bin/bash", "--noprofile", "--norc", "-c", Self.loop, "bash", mark], directory: folder)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = Command.clean([
            "ROOST_HOME": roost.home, "HOME": roost.folder, "PATH": "\(Programs.folder):\(path)", "TERM": "xterm",
        ])
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = line
        process.standardOutput = line
        process.standardError = line
        let end = end
        process.terminationHandler = { end.arrive($0) }
        try process.run()
    }

    /// Types a command and returns once it has ended.
    func type(_ command: String, patience: Duration = .seconds(300)) async throws -> Screen {
        let pid = process.processIdentifier
        let deadline = Task {  // Ends with this call; a bound on a hang.
            try await Task.sleep(for: patience)
            kill(pid, SIGKILL)
        }
        defer { deadline.cancel() }
        try press(command)
        var text = Data()
        // The iterator is taken out, because an actor's own state may not be lent across a suspension.
        var printed = self.printed
        defer { self.printed = printed }
        while let piece = await printed.next(isolation: self) {
            text.append(piece)
            let shown = String(decoding: text, as: UTF8.self)
            if let screen = screen(of: shown) { return screen }
            guard let name = Self.askedName(shown) else { continue }
            // The terminal echoes nothing, so the answer is added as a reader would see it.
            text.append(Data("\(name)\n".utf8))
            try press(name)
        }
        throw Unexpected("the shell ended during `\(command)`: \(String(decoding: text, as: UTF8.self))")
    }

    /// Ends the shell and waits for it.
    func close() async {
        // The shell may have inherited a mask in which SIGTERM is blocked.
        kill(process.processIdentifier, SIGKILL)
        _ = await end.status()
        keyboard.closeFile()
    }

    private func press(_ line: String) throws { try keyboard.write(contentsOf: Data("\(line)\n".utf8)) }

    /// Nil until the command's mark is there.
    private func screen(of text: String) -> Screen? {
        guard let found = text.firstRange(of: mark) else { return nil }
        let rest = text[found.upperBound...]
        guard rest.hasSuffix("\n"), let status = Int32(rest.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            return nil
        }
        return Screen(status: status, lines: Self.rendered(text[..<found.lowerBound]))
    }

    /// The name that a question at the end of the text asks for.
    private static func askedName(_ text: String) -> String? {
        text.firstMatch(of: /Type '([^']+)' to confirm: $/).map { String($0.1) }
    }

    /// The text as a terminal shows it: what follows backspaces or a carriage return overwrites what was there.
    static func rendered(_ text: some StringProtocol) -> [String] {
        var lines: [[Unicode.Scalar]] = [[]]
        var column = 0
        for scalar in text.unicodeScalars {
            let last = lines.count - 1
            switch scalar {
            case "\n":
                lines.append([])
                column = 0
            case "\r": column = 0
            case "\u{8}": column = max(0, column - 1)
            default:
                if column < lines[last].count { lines[last][column] = scalar } else { lines[last].append(scalar) }
                column += 1
            }
        }
        if lines.last == [] { lines.removeLast() }
        return lines.map { line in
            var text = String.UnicodeScalarView(line)
            while text.last == " " { text.removeLast() }
            return String(text)
        }
    }

    /// Both ends of a new terminal that echoes nothing and changes no byte.
    private static func makeTerminal() throws -> (screen: FileHandle, line: FileHandle) {
        var (screen, line): (Int32, Int32) = (-1, -1)
        var size = winsize(ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&screen, &line, nil, nil, &size) == 0 else { throw Unexpected("no terminal: errno \(errno)") }
        for end in [screen, line] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var settings = termios()
        tcgetattr(line, &settings)
        cfmakeraw(&settings)
        tcsetattr(line, TCSANOW, &settings)
        return (
            FileHandle(fileDescriptor: screen, closeOnDealloc: true),
            FileHandle(fileDescriptor: line, closeOnDealloc: true)
        )
    }

    private static func output(of screen: FileHandle) -> AsyncStream<Data> {
        AsyncStream { continuation in
            // A thread that ends with the terminal. Reading blocks, so it may not be one of the concurrency pool.
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = read(screen.fileDescriptor, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    // EIO: no process has the terminal open any more.
                    if count <= 0 { break }
                    continuation.yield(Data(buffer[..<count]))
                }
                screen.closeFile()
                continuation.finish()
            }
        }
    }
}
