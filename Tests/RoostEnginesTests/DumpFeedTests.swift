import Foundation
import RoostDumps
import RoostModel
import Testing

@testable import RoostEngines

/// The memory that a dump takes in the daemon is bounded, whatever the dump contains.
@Suite struct DumpFeedTests {
    /// Takes every statement and keeps none.
    private final class Sink: DumpServer {
        let dialect = StatementScanner.Dialect.postgresql
        let longestStatement = ByteCount.mebibytes(1)
        let notes = LoadNotes()
        let databases: [String] = []
        let accounts: [String] = []

        func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome { .made }
        func command(_ line: [UInt8]) throws(StatementFault) {}
        func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault) {}
        func endRows() throws(StatementFault) -> Int { 0 }
        func adjust(_ scanner: inout StatementScanner) {}
        func finish() throws(StatementFault) {}
        func comment(_ text: UnsafeBufferPointer<UInt8>) {}
    }

    /// The text packs to nearly nothing and none of its statements ends: all of it would be kept in memory.
    @Test(arguments: [
        ("y\n", "a statement is longer than 1M"), ("/* y ", "a statement is longer than 1M"),
        ("SELECT 'y ", "a statement is longer than 1M"), ("SELECT 1;\n", nil),
    ])
    func aStatementWithoutAnEndIsReadNoFurtherThanTheServerTakes(_ text: String, _ words: String?) async throws {
        try await CopyFolder.with { folder in
            let path = "\(folder)/dump.sql"
            try Data(String(repeating: text, count: (8 << 20) / text.utf8.count).utf8).write(to: URL(filePath: path))
            try TestProgram.run("/usr/bin/gzip", [path])
            let dump = Dump(path: "\(path).gz", format: .sql, layers: [.gzip])
            let source = try await DumpSource(dump, user: nil, folder: folder)
            defer { source.close() }
            let feed = DumpFeed(source: source) { _ in }
            do throws(EngineError) {
                let result = try await feed.run(cancel: {}, connect: { () throws(EngineError) in Sink() })
                #expect(words == nil && result.statements == (8 << 20) / text.utf8.count)
            } catch {
                #expect(words.map("\(error)".contains) == true, "\(error)")
            }
        }
    }
}
