import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// A user's attempt on a server, and its outcome.
struct Attempt: Sendable {
    enum Outcome: String, Sendable {
        /// Refused by the server.
        case refused
        /// Carried out, then noticed by the next probe and taken back.
        case mended
        /// Carried out, and documented as harmless.
        case allowed
    }

    /// Statements, one text per session: first the application user's, then those of accounts that it made itself.
    let steps: [Step]
    let outcome: Outcome

    struct Step: Sendable {
        var user: String?
        var password: String?
        /// The session's database, where the engine has databases.
        var database: String?
        let text: String
    }

    init(_ outcome: Outcome, _ text: String, on database: String? = nil, then more: [Step] = []) {
        self.outcome = outcome
        steps = [Step(database: database, text: text)] + more
    }

    static func all(_ outcome: Outcome, on database: String? = nil, _ texts: [String]) -> [Attempt] {
        texts.map { Attempt(outcome, $0, on: database) }
    }

    var text: String { steps.map(\.text).joined(separator: " → ") }
}

/// All attempts of a table on one server's life.
struct AttemptRun {
    let server: TestServer
    /// The server's words where it refused a step, else nil.
    let carryOut: (Attempt.Step) throws -> String?

    private(set) var counts: [Attempt.Outcome: Int] = [:]
    private(set) var slowest: Duration = .zero

    init(_ server: TestServer, carryOut: @escaping (Attempt.Step) throws -> String?) {
        self.server = server
        self.carryOut = carryOut
    }

    mutating func run(_ table: [Attempt]) async throws {
        #expect(table.count >= 100)
        let engine = try #require(server.engine as? any AccountMending)
        let expected = try #require(engine.expectation(server.plan))
        let pid = try #require(server.pid)
        let first = await engine.probe(server.plan.address, expecting: expected)
        try #require(first == .healthy, "before the first attempt")
        for attempt in table {
            let words = try attempt.steps.reduce(nil as String?) { words, step in try carryOut(step) ?? words }
            let outcome = try await settle(attempt, expected, words)
            #expect(outcome == attempt.outcome, "\(attempt.text): \(words ?? "done")")
            counts[outcome, default: 0] += 1
        }
        // The server is the same, Roost's own account works, and no other account has rights over the server.
        #expect(server.pid == pid)
        #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        try await engine.applyAccounts(server.plan)
        let numbers = [Attempt.Outcome.refused, .mended, .allowed].map { "\($0.rawValue) \(counts[$0] ?? 0)" }
        print(
            "attempts on \(server.build.identity): \(table.count), \(numbers.joined(separator: ", ")), "
                + "slowest mend \(slowest)")
    }

    private mutating func settle(
        _ attempt: Attempt, _ expected: AccountExpectation, _ words: String?
    ) async throws -> Attempt.Outcome {
        let engine = try #require(server.engine as? any AccountMending)
        switch await engine.probe(server.plan.address, expecting: expected) {
        case .healthy: return words == nil ? .allowed : .refused
        case .drifted(let drift):
            let began = ContinuousClock.now
            try await engine.mendAccounts(drift, server.plan)
            slowest = max(slowest, began.duration(to: .now))
            let after = await engine.probe(server.plan.address, expecting: expected)
            #expect(after == .healthy, "\(attempt.text): after the repair")
            return .mended
        case let health:
            Issue.record("\(attempt.text): the server is \(health)")
            throw EngineError.notReachable("\(health)")
        }
    }
}

extension TestServer {
    /// Runs `body` with an open server on a fresh directory of its own.
    static func withFresh(
        _ engine: any Engine, memory: ByteCount = .mebibytes(256), _ body: (TestServer) async throws -> Void
    ) async throws {
        let seed = "/tmp/roost-engine-seed-\(UUID().uuidString.prefix(8))"
        try TestFolder.make(seed)
        defer { try? FileManager.default.removeItem(atPath: seed) }  // Left behind: a folder below /tmp.
        let data = "\(seed)/data"
        try TestFolder.make(data)
        let build = try #require(engine.builds().first, "\(engine.family.name) is not installed")
        try await engine.initialise(directory: data, build: build, user: TestUser.server)
        try await with(engine, memory: memory, on: data) { server in
            try await engine.open(server.plan)
            try await body(server)
        }
    }

    /// A client's error about one text of statements; nil: all were carried out.
    func refusal(_ program: String, _ step: Attempt.Step) throws -> String? {
        let outcome = try client([program], user: step.user, password: step.password, input: step.text + "\n")
        return outcome.status == 0 ? nil : String(outcome.errors.prefix(300))
    }
}
