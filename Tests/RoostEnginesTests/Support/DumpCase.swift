import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// A small dump as users bring it, and its result.
struct DumpCase: Sendable, CustomTestStringConvertible {
    enum Result: Sendable {
        /// The load succeeds: afterwards the question is answered with this row of text, and the notes contain this
        /// part.
        case loads(_ question: String, _ row: [String?], note: String? = nil)
        /// The load fails with these words in the error.
        case fails(String)
    }

    let name: String
    let bytes: [UInt8]
    /// The database that the question is asked in.
    var database = "data"
    var terms = LoadTerms()
    let result: Result

    init(_ name: String, _ text: String, in database: String = "data", into only: String? = nil, _ result: Result) {
        self.init(name, bytes: Array(text.utf8), in: database, into: only, result)
    }

    init(
        _ name: String, bytes: [UInt8], in database: String = "data", into only: String? = nil, _ result: Result
    ) {
        self.name = name
        self.bytes = bytes
        self.database = database
        terms = LoadTerms(database: only)
        self.result = result
    }

    var testDescription: String { name }

    /// Loads the dump into a server that holds no data; `ask` puts the question.
    func run(on server: TestServer, in folder: String, ask: (String, String) throws -> [[String?]]) async throws {
        let path = "\(folder)/\(name).sql"
        try Data(bytes).write(to: URL(filePath: path))
        let outcome: Swift.Result<LoadReport, EngineError>
        do throws(EngineError) {
            outcome = .success(
                try await server.engine.loading().load(
                    Dump(path: path, format: .sql, layers: []), into: server.plan, terms, build: server.build,
                    user: TestUser.server
                ) { _ in })
        } catch { outcome = .failure(error) }
        switch (result, outcome) {
        case (.loads(let question, let row, let note), .success(let report)):
            #expect(try ask(question, database) == [row], "\(name)")
            if let note { #expect(report.notes.contains { $0.contains(note) }, "\(name): \(report.notes)") }
        case (.fails(let words), .failure(let error)): #expect("\(error)".contains(words), "\(name): \(error)")
        case (.loads, .failure(let error)): Issue.record("\(name): \(error)")
        case (.fails, .success(let report)): Issue.record("\(name) was loaded: \(report)")
        }
    }
}
