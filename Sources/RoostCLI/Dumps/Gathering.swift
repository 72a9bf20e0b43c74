import Glibc
import RoostDumps
import RoostModel

/// Reads a dump as the engine's own client program would if called in the dump's folder, to find the included files.
///
/// All of them are found and opened before anything is sent.
struct Gathering {
    static let deepest = 16
    static let most = 10_000

    /// The dump's folder: includes that are not relative to the including file are relative to it.
    private let folder: String
    private var whole = GatheredDump()
    /// The chain of includes, from the dump to the file that is being read.
    private var way: [Step] = []

    private struct Step {
        let file: GatheredFile
        let name: String
        /// The line of the include of the next file.
        var line = 0
    }

    /// Nil if the dump includes no other file or is not of a kind that `roost` reads; the dump is then sent as it is.
    static func gather(_ path: String, shown name: String, type: String) throws(Problem) -> GatheredDump? {
        guard let dialect = dialect(type) else { return nil }
        var gathering = Gathering(folder: parent(of: path))
        do throws(Stop) {
            var scanner = StatementScanner(dialect)
            try gathering.read(path, name, &scanner)
        } catch {
            switch error {
            case .problem(let problem): throw problem
            case .leave: return nil
            }
        }
        return gathering.whole.names.isEmpty ? nil : gathering.whole
    }

    private init(folder: String) { self.folder = folder }

    private static func dialect(_ type: String) -> StatementScanner.Dialect? {
        switch type {
        case "mysql", "mariadb": .mysql
        case "postgresql": .postgresql
        default: nil
        }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }

    enum Stop: Error, CustomStringConvertible {
        case problem(Problem)
        /// The dump itself is not inspected further, and is sent as it is.
        case leave

        var description: String {
            switch self {
            case .problem(let problem): problem.message
            case .leave: "the dump is sent as it is"
            }
        }
    }

    // MARK: One file

    private mutating func read(_ path: String, _ name: String, _ scanner: inout StatementScanner) throws(Stop) {
        let opened: (file: GatheredFile, descriptor: Int32)
        do throws(GatheredFile.Failure) { opened = try GatheredFile.open(path) } catch {
            // The upload reports a dump that cannot be opened.
            guard !way.isEmpty, case .unreadable(let reason) = error else { throw .leave }
            throw fault("'\(name)'", reason)
        }
        defer { close(opened.descriptor) }
        if let first = way.firstIndex(where: { $0.file.isSameFile(as: opened.file) }) {
            throw fault(
                "'\(name)'",
                "is \(first == way.count - 1 ? "that file itself" : "one of the files that include that file")")
        }
        guard GatheredFile.isText(opened.descriptor) else {
            if way.isEmpty { throw .leave }
            throw fault("'\(name)'", "is compressed or not text: decompress it first")
        }
        way.append(Step(file: opened.file, name: name))
        var reading = FileReading(opened.file, opened.descriptor)
        try read(&reading, &scanner)
        way.removeLast()
    }

    private mutating func read(_ reading: inout FileReading, _ scanner: inout StatementScanner) throws(Stop) {
        let isDump = way.count == 1
        do throws(WindowFault) {
            // Any file may begin with a byte-order mark, which would be an invalid character in the middle of the
            // whole.
            try reading.skipMark(keeps: isDump)
        } catch { throw fault(error) }
        while true {
            while let found = scanner.next(reading.window.bytes, isLast: reading.window.isAtEnd) {
                try take(found, &reading, &scanner)
                reading.drop(found.length)
            }
            if reading.window.isAtEnd { break }
            do throws(WindowFault) { try reading.window.fill(from: reading.descriptor) } catch { throw fault(error) }
        }
        whole.append(reading.file, reading.kept..<reading.window.total)
        if !isDump { try end(reading, scanner) }
    }

    private mutating func take(
        _ found: StatementScanner.Found, _ reading: inout FileReading, _ scanner: inout StatementScanner
    ) throws(Stop) {
        let bytes = reading.window.bytes
        switch found.piece {
        case .comment(let range): reading.trailers.note(UnsafeBufferPointer(rebasing: bytes[range]))
        case .statement(let range, let isTerminated):
            if !isTerminated { reading.unterminated = found.line }
            let statement = UnsafeBufferPointer(rebasing: bytes[range])
            if scanner.dialect == .postgresql,
                let line = UnresolvedLine.find(in: statement, escapes: scanner.escapes)
            {
                throw unresolved(line.command, found.line + line.line, "within a statement")
            }
            SessionGuess.take(statement, isTerminated: isTerminated, &scanner)
        case .command(let range):
            let line = Array(bytes[range])
            if scanner.dialect == .postgresql, let condition = UnresolvedLine.condition(line) {
                throw unresolved(condition, found.line, "a psql condition")
            }
            guard let include = IncludeLine(line, scanner.dialect) else {
                SessionGuess.take(command: line, &scanner)
                return
            }
            whole.append(reading.file, reading.kept..<reading.offset + Int64(range.lowerBound))
            reading.kept = reading.offset + Int64(found.length)
            way[way.count - 1].line = found.line
            try follow(include, &scanner)
        case .rows, .endOfRows: break
        }
    }

    private mutating func follow(_ include: IncludeLine, _ scanner: inout StatementScanner) throws(Stop) {
        guard let last = way.last else { return }
        switch include {
        case .unreadable(let reason): throw .problem(Problem(.usage, "line \(last.line) of \(last.name) \(reason)"))
        case .file(let name, let besideIt):
            guard way.count <= Self.deepest else {
                throw fault("'\(name)'", "is nested more than \(Self.deepest) files deep")
            }
            guard whole.names.count < Self.most else {
                throw fault("'\(name)'", "exceeds the limit of \(Self.most) files")
            }
            whole.names.append(name)
            let beside = besideIt ? Self.parent(of: last.file.path) : folder
            var inner = scanner.forAnotherFile()
            try read(name.hasPrefix("/") ? name : beside + name, name, &inner)
            scanner.goOn(after: inner)
        }
    }

    /// The client program ends a file's last statement with the file; in the gathered dump more text follows.
    private mutating func end(_ reading: FileReading, _ scanner: StatementScanner) throws(Stop) {
        if let end = scanner.unfinished { throw cutOff(end.what, end.line) }
        if let line = reading.unterminated {
            if reading.trailers.wasWrittenByTool { throw cutOff("a statement", line) }
            whole.append("\n\(String(decoding: scanner.delimiter, as: UTF8.self))\n")
        } else {
            whole.append("\n")
        }
    }

    // MARK: What is wrong

    private func cutOff(_ what: String, _ line: Int) -> Stop {
        guard let name = way.last?.name else { return .leave }
        return .problem(Problem(.usage, "'\(name)' is truncated: it ends within \(what) that begins on line \(line)"))
    }

    private func unresolved(_ command: String, _ line: Int, _ what: String) -> Stop {
        guard let name = way.last?.name else { return .leave }
        return .problem(
            Problem(
                .usage,
                "line \(line) of \(name) has '\(command)', \(what), which only psql can evaluate; nothing was sent",
                next: [
                    "replace the line with the intended text, or load the file with psql: "
                        + "roost run SERVICE < \(name)"
                ]))
    }

    /// A fault of a file that the last file of the chain includes.
    private func fault(_ name: String, _ reason: String) -> Stop {
        guard let last = way.last else { return .leave }
        return .problem(
            Problem(.sourceNotFound, "\(name), included on line \(last.line) of \(last.name), \(reason)"))
    }

    private func fault(_ fault: WindowFault) -> Stop {
        // The daemon reports this fault with its line, as for a single-file dump.
        guard !whole.names.isEmpty, let name = way.last?.name else { return .leave }
        return .problem(Problem(.failed, "'\(name)': \(fault)"))
    }
}

/// The reading state of one file.
private struct FileReading {
    let file: GatheredFile
    let descriptor: Int32
    let window = ByteWindow()
    var trailers = DumpTrailers()
    /// Offset of the window's first byte in the file.
    private(set) var offset: Int64 = 0
    /// The offset up to which the file's bytes are part of the gathered dump.
    var kept: Int64 = 0
    /// The line of a last statement that has no delimiter.
    var unterminated: Int?

    init(_ file: GatheredFile, _ descriptor: Int32) {
        self.file = file
        self.descriptor = descriptor
    }

    mutating func drop(_ count: Int) {
        window.drop(count)
        offset += Int64(count)
    }

    mutating func skipMark(keeps: Bool) throws(WindowFault) {
        while window.bytes.count < 3, !window.isAtEnd { try window.fill(from: descriptor) }
        guard window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
        drop(3)
        if !keeps { kept = offset }
    }
}
