import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Tables of the guide on copies are what the commands print, to the letter. `DocumentedSessionTests` plays all samples
/// against real servers, whose figures and columns differ from the page's.
@Suite struct DocumentedOutputTests {
    /// A page below docs/guides, by its text.
    static func page(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/guides/\(name)"), encoding: .utf8)
    }

    typealias Answers = [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response]

    /// Made when it is asked for: on a loaded machine the request may come a minute later.
    private static var snapshot: SnapshotInfo {
        SnapshotInfo(
            id: "20261121-064406-3f9a", application: "ramen", service: "data", engine: "mariadb@10.11.19",
            reason: "manual", method: "reflink", pauseMilliseconds: 22.4,
            createdAt: Date(timeIntervalSinceNow: -12_600),
            expiresAt: Date(timeIntervalSinceNow: 30 * 86_400 - 12_600), sizeBytes: .mebibytes(300))
    }

    static func snapshots() -> Answers {
        ["GET /v1/applications/ramen/services/data/snapshots": { _ in try .json(ItemList([snapshot])) }]
    }

    static func clones() throws -> Answers {
        let mine = try Samples.clone(expiresAt: Date(timeIntervalSinceNow: 23 * 3600 + 1800))
        let kept = try Samples.clone("kept", isProtected: true, expiresAt: nil)
        let clones = [
            try changed(kept, ["endpoint": ["host": "127.0.0.1", "port": 21010]]),
            try changed(mine, ["endpoint": ["host": "127.0.0.1", "port": 21007]]),
        ]
        return ["GET /v1/clones": { _ in try .json(ItemList(clones)) }]
    }

    static func templates() throws -> Answers {
        let builtAt = Timestamp.format(Date(timeIntervalSinceNow: -7 * 3600 - 600))
        let template = try changed(Samples.template(), ["built_at": builtAt, "clones": 0])
        return ["GET /v1/templates": { _ in try .json(ItemList([template])) }]
    }

    /// A value with other contents of some keys of its document.
    private static func changed<Value: Codable>(_ value: Value, _ contents: [String: Any]) throws -> Value {
        let object = try JSONSerialization.jsonObject(with: try JSON.encode(value))
        let document = try #require(object as? [String: Any]).merging(contents) { $1 }
        return try JSON.decode(from: try JSONSerialization.data(withJSONObject: document))
    }

    static let rows: [(command: String, answers: @Sendable () throws -> Answers)] = [
        ("roost snapshot ls data", { snapshots() }), ("roost clone ls", { try clones() }),
        ("roost template ls", { try templates() }),
    ]

    @Test(arguments: rows.indices)
    func aTableOfTheGuideIsWhatTheCommandPrints(index: Int) async throws {
        let (command, answers) = Self.rows[index]
        try await withDaemon(try answers()) { scene, _ in
            let words = command.split(separator: " ").dropFirst().map(String.init)
            let outcome = await scene.run(words + ["-A", "ramen"])
            let page = try Self.page("copies.md")
            #expect(page.contains("$ \(command)\n\(outcome.output)"), "\(outcome.output)")
        }
    }
}
