import Foundation
import RoostDumps
import RoostModel

/// Feeds the text of a dump to a server, statement by statement, on a thread of its own.
struct DumpFeed: Sendable {
    let source: DumpSource
    /// Whether the line numbers of the text are the dump's own.
    var showsLine = true
    /// Whether the text is a user's script, which may do nothing, and may end without a semicolon.
    var isScript = false
    let progress: @Sendable (LoadProgress) -> Void

    /// The result of a load.
    struct Result: Sendable {
        var statements = 0
        /// Whether no statement made or changed anything.
        var isEmpty = true
        var content = LoadContent()
        var notes: [String] = []
        var databases: [String] = []
        var accounts: [String] = []

        var report: LoadReport {
            LoadReport(statements: statements, notes: notes, databases: databases, content: content)
        }
    }

    /// `connect` and all calls of the server block, so they run on the load's own thread. `cancel` ends a blocking
    /// call.
    func run<Server: DumpServer>(
        cancel: @escaping @Sendable () -> Void,
        connect: @escaping @Sendable () throws(EngineError) -> Server
    ) async throws(EngineError) -> Result {
        let run = try await source.read { descriptor in
            await withTaskCancellationHandler {
                await LoadThread.run {
                    do throws(EngineError) {
                        var feeding = Feeding(server: try connect(), feed: self, descriptor: descriptor)
                        return feeding.run()
                    } catch { return Outcome(fault: error) }
                }
            } onCancel: {
                cancel()
            }
        }
        if Task.isCancelled { throw .notReachable("the load was cancelled") }
        var result = try judge(run.value, run.endings)
        if run.endings.contains(where: \.isWarning) {
            result.notes.append("garbage after the end of the compressed dump was ignored")
        }
        progress(LoadProgress(bytesRead: source.size, bytesTotal: source.size, statements: result.statements))
        return result
    }

    struct Outcome: Sendable {
        var result = Result()
        var fault: EngineError?
        /// Whether all of the text was read: if a program failed then, it is the reason for missing text.
        var sawEnd = false
        var missingTrailer: String?
        var hasRows = false
        var bytes: Int64 = 0
        /// The error for a text that ends within a statement.
        var unfinished: EngineError?

        /// The message about a dump that loaded nothing.
        var emptyWords: String {
            if bytes == 0 { return "it is empty" }
            let words = "it contains no tables and no rows, only comments and settings"
            return result.notes.isEmpty
                ? words : "\(words); left out: \(result.notes.joined(separator: "; "))"
        }
    }

    // MARK: What became of it

    private func judge(_ outcome: Outcome, _ endings: [DumpSource.Ending]) throws(EngineError) -> Result {
        if outcome.sawEnd, let failure = DumpSource.Ending.failure(of: endings) {
            // Checked first: with half a text, the server complains about the half statement at its end.
            throw .loadFailed(line: nil, statement: nil, message: failure)
        }
        if let fault = outcome.fault { throw fault }
        if let unfinished = outcome.unfinished { throw unfinished }
        guard !isScript else { return outcome.result }
        if outcome.result.isEmpty {
            throw .loadFailed(line: nil, statement: nil, message: "\(source.path): \(outcome.emptyWords)")
        }
        var result = outcome.result
        if let missing = outcome.missingTrailer {
            let words = "the dump's last line, '\(missing)', is missing"
            guard outcome.hasRows else {
                throw .loadFailed(
                    line: nil, statement: nil, message: "\(source.path): \(words), and it has no rows: it is truncated")
            }
            result.notes.insert("\(words): it may be truncated", at: 0)
        }
        return result
    }
}

/// A load, on its thread.
private struct Feeding<Server: DumpServer> {
    let server: Server
    let feed: DumpFeed
    let descriptor: Int32
    var scanner: StatementScanner
    var trailers = DumpTrailers()
    var outcome = DumpFeed.Outcome()
    var pace = Pace()
    /// The COPY whose rows are being sent.
    var copy: (text: String, line: Int)?
    let window: ByteWindow

    init(server: Server, feed: DumpFeed, descriptor: Int32) {
        self.server = server
        self.feed = feed
        self.descriptor = descriptor
        scanner = StatementScanner(server.dialect)
        window = ByteWindow(longest: Int(server.longestStatement.bytes))
        server.adjust(&scanner)
    }

    mutating func run() -> DumpFeed.Outcome {
        do throws(EngineError) {
            try fillBeginning()
            while true {
                while let found = scanner.next(window.bytes, isLast: window.isAtEnd) {
                    try take(found)
                    window.drop(found.length)
                    if pace.isDue() { tell() }
                }
                if window.isAtEnd { break }
                try fill()
                if pace.isDue() { tell() }
            }
            outcome.sawEnd = true
            if let end = scanner.unfinished {
                outcome.unfinished = .loadFailed(
                    line: feed.showsLine ? copy?.line ?? end.line : nil, statement: copy?.text,
                    message: "the dump ends within \(end.what): it is truncated")
            } else {
                do throws(StatementFault) { try server.finish() } catch { throw fault(error, scanner.line, nil) }
            }
        } catch {
            outcome.fault = error
            outcome.sawEnd = window.isAtEnd
        }
        outcome.result.notes = server.notes.sentences
        outcome.result.databases = server.databases
        outcome.result.accounts = server.accounts
        outcome.bytes = window.total
        outcome.missingTrailer = trailers.missing
        return outcome
    }

    /// Skips a byte-order mark, which is no part of the text.
    private mutating func fillBeginning() throws(EngineError) {
        while window.bytes.count < 3, !window.isAtEnd { try fill() }
        if window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { window.drop(3) }
    }

    private func fill() throws(EngineError) {
        do throws(WindowFault) { try window.fill(from: descriptor) } catch {
            switch error {
            case .tooLong:
                let words = "a statement is longer than \(server.longestStatement), more than the server accepts"
                throw fault(StatementFault(message: words), scanner.line, nil)
            case .unreadable(let code):
                throw .loadFailed(line: nil, statement: nil, message: "it could not be read: errno \(code)")
            }
        }
    }

    private mutating func take(_ found: StatementScanner.Found) throws(EngineError) {
        do throws(StatementFault) {
            switch found.piece {
            case .comment(let range):
                let text = UnsafeBufferPointer(rebasing: window.bytes[range])
                trailers.note(text)
                server.comment(text)
            case .statement(let range, let isTerminated): try run(range, isTerminated, found.line)
            case .command(let range): try server.command(Array(window.bytes[range]))
            case .rows(let range):
                guard !range.isEmpty else { return }
                outcome.hasRows = true
                try server.rows(UnsafeBufferPointer(rebasing: window.bytes[range]))
            case .endOfRows:
                outcome.result.content.rows += try server.endRows()
                copy = nil
                outcome.result.statements += 1
            }
        } catch {
            if let copy { throw fault(error, copy.line, copy.text) }
            throw fault(error, found.line, head(of: found.piece))
        }
    }

    private mutating func run(_ range: Range<Int>, _ isTerminated: Bool, _ line: Int) throws(StatementFault) {
        if !isTerminated, !feed.isScript, trailers.wasWrittenByTool {
            throw StatementFault(message: "the dump ends within this statement: it is truncated")
        }
        let escapes = scanner.escapes
        let result = try window.terminated(range) { text, count throws(StatementFault) in
            try server.run(Statement(text: text, count: count, escapes: escapes))
        }
        switch result {
        case .neutral: break
        case .made: outcome.result.isEmpty = false
        case .table(let rows):
            outcome.result.isEmpty = false
            outcome.result.content.tables += 1
            outcome.result.content.rows += rows
            if rows > 0 { outcome.hasRows = true }
        case .filled(let rows):
            outcome.result.isEmpty = false
            outcome.result.content.rows += rows
            outcome.hasRows = true
        case .ran(let changes):
            if changes { outcome.result.isEmpty = false }
            outcome.result.content.hasRunCode = true
        case .rows:
            outcome.result.isEmpty = false
            copy = (head(of: .statement(range, isTerminated: isTerminated)) ?? "COPY", line)
            scanner.beginRows()
            return
        }
        outcome.result.statements += 1
        server.adjust(&scanner)
    }

    private mutating func tell() {
        feed.progress(
            LoadProgress(
                bytesRead: feed.source.position, bytesTotal: feed.source.size, statements: outcome.result.statements))
    }

    private func fault(_ fault: StatementFault, _ line: Int, _ text: String?) -> EngineError {
        .loadFailed(line: feed.showsLine ? line : nil, statement: text, message: fault.message)
    }

    /// The beginning of a statement, for messages.
    private func head(of piece: StatementScanner.Piece) -> String? {
        let longest = 200
        let range: Range<Int>
        switch piece {
        case .statement(let text, _), .command(let text): range = text
        case .comment, .rows, .endOfRows: return nil
        }
        // A character in UTF-8 has up to four bytes.
        let bytes = window.bytes[range].prefix(4 * longest)
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return bytes.count < range.count || text.count > longest ? "\(text.prefix(longest))…" : text
    }
}

/// Runs a load on its own thread: it blocks for as long as the server takes, and must not delay other calls.
enum LoadThread {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}

/// Limits progress reports to a few per second.
private struct Pace {
    private var last: ContinuousClock.Instant?

    mutating func isDue(now: ContinuousClock.Instant = .now) -> Bool {
        if let last, now - last < .milliseconds(200) { return false }
        last = now
        return true
    }
}
