import RoostModel
import Subprocess
import SystemPackage

/// Loads the text of a dump through the engine's own client program.
struct DumpLoading: Sendable {
    let source: DumpSource
    let dialect: StatementScanner.Dialect
    /// Reads statements from its standard input and ends at the first that fails.
    let client: ShortCommand
    var edit: DumpEdit?
    /// What the client says in the end, read for the line and the server's words.
    let complaint: @Sendable (_ errors: String) -> (line: Int?, message: String)?
    /// Whether a line that the client names is one of the dump's.
    var showsLine = true
    let progress: @Sendable (LoadProgress) -> Void

    func run() async throws(EngineError) {
        let ends: Ends
        do { ends = try await connect() } catch let error as EngineError { throw error } catch let error
            as SubprocessError where error.code == .executableNotFound
        {
            throw .programMissing("\(client.program) or \(source.reader.program)")
        } catch {
            throw .notReachable("\(client.program) could not be run: \(error)")
        }
        try await judge(ends)
        progress(LoadProgress(bytesRead: source.size, bytesTotal: source.size, statements: ends.statements))
    }

    // MARK: Passing it on

    /// How both programs ended.
    private struct Ends {
        let reader: (status: TerminationStatus, errors: String)
        let client: (status: TerminationStatus, errors: String)
        let statements: Int
        /// Whether the client took all there was.
        let isWhole: Bool
    }

    private func connect() async throws -> Ends {
        let reading = try await Subprocess.run(
            source.reader.configuration,
            input: .fileDescriptor(source.file, closeAfterSpawningProcess: false), output: .sequence,
            error: .string(limit: ShortCommand.longestOutput)
        ) { reader in
            let loading = try await Subprocess.run(
                client.configuration, input: .inputWriter, output: .discarded,
                error: .string(limit: ShortCommand.longestOutput)
            ) { client in
                try await pass(reader.standardOutput, to: client.standardInputWriter)
            }
            // It would wait for somebody to read the rest. It may have ended by itself.
            if !loading.closureResult.isWhole { try? reader.send(signal: .kill, toProcessGroup: true) }
            return loading
        }
        let loading = reading.closureResult
        return Ends(
            reader: (reading.terminationStatus, reading.standardError),
            client: (loading.terminationStatus, loading.standardError),
            statements: loading.closureResult.statements, isWhole: loading.closureResult.isWhole)
    }

    private func pass(
        _ text: SubprocessOutputSequence, to client: StandardInputWriter
    ) async throws -> (statements: Int, isWhole: Bool) {
        var passage = DumpText(dialect, edit: edit)
        var pace = Pace()
        for try await piece in text {
            let bytes = try await passage.take(piece.withUnsafeBytes { Array($0) })
            guard try await write(bytes, to: client) else { return (passage.scanner.statements, false) }
            if pace.isDue() {
                progress(
                    LoadProgress(
                        bytesRead: source.position, bytesTotal: source.size, statements: passage.scanner.statements))
            }
        }
        let rest = try await passage.take([], isLast: true)
        return (passage.scanner.statements, try await write(rest, to: client))
    }

    /// Whether the client took it: one that met an error ends before it has read all.
    private func write(_ bytes: [UInt8], to client: StandardInputWriter) async throws -> Bool {
        guard !bytes.isEmpty else { return true }
        do throws(SubprocessError) { return try await client.write(bytes) == bytes.count } catch {
            guard error.underlyingError == .brokenPipe else { throw error }
            return false
        }
    }

    // MARK: What became of it

    private func judge(_ ends: Ends) async throws(EngineError) {
        // First: a client that is given half a statement complains of that. What came before the damage is loaded by
        // then, and is not what was asked for. One that was ended because the client was, ended by a signal.
        if case .exited(let code) = ends.reader.status, code != 0 {
            throw .loadFailed(line: nil, statement: nil, message: Self.lastWords(source.reader, ends.reader))
        }
        if !ends.client.status.isSuccess {
            let said = complaint(ends.client.errors)
            let found = await statement(at: said?.line)
            throw .loadFailed(
                line: showsLine ? found?.line ?? said?.line : nil, statement: found?.text,
                message: said?.message ?? Self.lastWords(client, ends.client))
        }
        guard ends.isWhole, ends.reader.status.isSuccess else {
            throw .loadFailed(
                line: nil, statement: nil, message: "\(client.program) ended before it had read the whole dump")
        }
    }

    private static func lastWords(_ program: ShortCommand, _ end: (status: TerminationStatus, errors: String)) -> String
    {
        let words = end.errors.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
        return "\(program.program) ended with \(ShortCommand.words(end.status)): \(words)"
    }

    /// Reads the dump again up to a statement. Nil: it could not be found, and the error says less.
    private func statement(at line: Int?) async -> (line: Int, text: String)? {
        guard let line, (try? source.rewind()) != nil else { return nil }
        let read = try? await Subprocess.run(
            source.reader.configuration, input: .fileDescriptor(source.file, closeAfterSpawningProcess: false),
            output: .sequence, error: .string(limit: ShortCommand.longestOutput)
        ) { reader in
            var passage = DumpText(dialect, search: StatementSearch(line: line))
            for try await piece in reader.standardOutput {
                _ = try await passage.take(piece.withUnsafeBytes { Array($0) })
                guard passage.scanner.search?.found == nil else { break }
            }
            if passage.scanner.search?.found == nil { _ = try await passage.take([], isLast: true) }
            try? reader.send(signal: .kill, toProcessGroup: true)
            var search = passage.scanner.search
            search?.settle()
            return search?.found
        }
        return read?.closureResult
    }
}

/// A few times a second.
private struct Pace {
    private var last: ContinuousClock.Instant?

    mutating func isDue(now: ContinuousClock.Instant = .now) -> Bool {
        if let last, now - last < .milliseconds(200) { return false }
        last = now
        return true
    }
}
