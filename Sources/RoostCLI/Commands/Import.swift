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

            Takes what 'roost template add --dump' takes. What the server that the dump comes from alone would understand \
            is translated, and said. Files that an SQL dump names ('source', '\\i') are sent with it. The dump is sent to the daemon first; then a snapshot of the service is taken, and the \
            dump is loaded. The first statement that fails ends it, with its line; what was loaded before stays, and the \
            snapshot's restore goes back. Ctrl-C while the dump is sent changes nothing; later the import goes on without \
            you, and 'roost operation show' and 'cancel' know it.
            """)

    @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Argument(
        help: ArgumentHelp("The dump, a file of this machine; '-' is standard input.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(help: "Everything goes into this database, whatever the dump names.")
    var into: String?

    @Flag(help: "Take no snapshot first.")
    var noSnapshot = false

    @Flag(help: "Do not wait until it is loaded.")
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
        session.output.note(noWait ? "goes on as operation \(operation.id)" : "the dump is loaded into \(id)")
        if !noWait, let snapshot = operation.result {
            session.output.note("  roost snapshot restore \(service) \(snapshot)    goes back to before it")
        }
        try session.output.showIfJSON(.operation(operation))
        return .done
    }

    private func input(_ session: Session) throws(Problem) -> (any UploadInput, name: String?, size: Int64?) {
        guard let file, file != "-" else {
            guard !session.caller.inputIsTerminal else {
                throw Problem(
                    .usage, "no dump is given",
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
                .usage, "'\(file)' is a folder; send it as one file",
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
