import ArgumentParser
import Foundation
import Glibc
import RoostModel
import Synchronization

/// `roost import SERVICE [FILE|-]`
struct Import: Command {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Load a dump into a service.",
        discussion: """
            roost import data shop.sql.gz
            mysqldump --host old shop | roost import data

            Accepts the same dumps as 'roost template add --dump'. Statements that only the original server understands \
            are translated and reported. Files that an SQL dump includes ('source', '\\i') are sent with it. The dump is \
            uploaded first, then a snapshot of the service is taken and the dump is loaded. The import stops at the first \
            failing statement and reports its line; data loaded before it stays, and restoring the snapshot undoes the \
            import. Ctrl-C during the upload changes nothing; after that, the import continues in the background: see \
            'roost operation show' and 'roost operation cancel'.
            """)

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Argument(
        help: ArgumentHelp("The dump: a file on this machine, or '-' for standard input.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(help: "Load everything into this database, regardless of the database names in the dump.")
    var into: String?

    @Flag(help: "Do not take a snapshot first.")
    var noSnapshot = false

    @Flag(help: "Do not wait until the dump is loaded.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let id = try session.service(service)
        var (input, name, size) = try input(session)
        defer { input.close() }
        // A missing service is reported before anything is sent.
        let type = try await session.client.service(id, showPassword: false).type
        if size != nil, let file, let whole = try session.gather(file, type: type) {
            input.close()
            (input, size) = (GatheredInput(whole), whole.size)
        }
        let progress = Mutex(UploadProgress(total: size, output: session.output))
        let terms = ImportTerms(database: into, name: name, takesSnapshot: !noSnapshot)
        var operation: OperationInfo
        do throws(Problem) {
            operation = try await session.client.importDump(id, terms, from: input, size: size) { sent in
                progress.withLock { $0.show(sent) }
            }
            progress.withLock { $0.end() }
        } catch {
            progress.withLock { $0.end() }
            throw error
        }
        if !noWait { operation = try await session.follow(operation) }
        for note in operation.notes { session.output.note("note: \(note)") }
        session.output.note(noWait ? "Continues as operation \(operation.id)" : "Loaded the dump into \(id)")
        if !noWait, let snapshot = operation.result {
            session.output.note("  roost snapshot restore \(service) \(snapshot)    undoes the import")
        }
        try session.output.showIfJSON(.operation(operation))
        return .done
    }

    private func input(_ session: Session) throws(Problem) -> (any UploadInput, name: String?, size: Int64?) {
        guard let file, file != "-" else {
            guard !session.caller.inputIsTerminal else {
                throw Problem(
                    .usage, "no dump given",
                    next: ["roost import \(service) FILE", "roost import \(service) < FILE"])
            }
            return (PlainInput(file: .standardInput), nil, nil)
        }
        let path = file.hasPrefix("/") ? file : "\(session.caller.directory)/\(file)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Problem(.sourceNotFound, "'\(file)' cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw Problem(
                .usage, "'\(file)' is a folder; send it as a single file",
                next: ["tar -C \(file) -cf - . | roost import \(service)"])
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Problem(.failed, "'\(file)' cannot be read: \(String(cString: strerror(errno)))")
        }
        let isPlain = status.st_mode & S_IFMT == S_IFREG
        return (PlainInput(file: handle), (path as NSString).lastPathComponent, isPlain ? Int64(status.st_size) : nil)
    }
}

/// The progress line of an upload; shown only on a terminal.
private struct UploadProgress {
    private let total: Int64?
    private let output: Output
    private let start = ContinuousClock.now
    private var bar: ImportProgress
    private var shownAt: ContinuousClock.Instant

    init(total: Int64?, output: Output) {
        self.total = total
        self.output = output
        bar = ImportProgress(total: total ?? 0, width: output.caller.errorWidth)
        shownAt = start
    }

    mutating func show(_ sent: Int64) {
        guard output.caller.errorIsTerminal, !output.json else { return }
        let now = ContinuousClock.now
        guard now - shownAt > .milliseconds(100) || sent == total else { return }
        shownAt = now
        if total == nil {
            output.caller.write(.error, "\r\(ByteCount(bytes: sent).rounded) sent\u{1b}[K")
        } else {
            output.caller.write(.error, bar.line(offset: sent, elapsed: now - start))
        }
    }

    func end() {
        // The upload's line is erased for the import's own.
        if shownAt != start { output.caller.write(.error, "\r\u{1b}[K") }
    }
}
