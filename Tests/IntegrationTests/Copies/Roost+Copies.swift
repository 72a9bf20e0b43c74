import Foundation
import RoostModel
import Testing

extension Roost {
    /// A pool for this test's home, in its own mount namespace.
    func makePool(_ size: String = "1G") async throws {
        try await roost("storage", "init", "--size", size).expectSuccess()
    }

    func storage(sourceLocation: SourceLocation = #_sourceLocation) async throws -> StorageInfo {
        try await json(StorageInfo.self, "storage", "info", sourceLocation: sourceLocation)
    }

    /// Makes a clone and waits until it is ready. Returns its address and password, too.
    func clone(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> CloneInfo {
        let outcome = try await roost(["clone"] + arguments + ["--json"], patience: .seconds(300))
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return try JSON.decode(CloneInfo.self, from: Data(outcome.output.utf8))
    }

    func clones() async throws -> [CloneInfo] {
        try await json(ItemList<CloneInfo>.self, "clone", "ls").items
    }

    func templates() async throws -> [TemplateInfo] {
        try await json(ItemList<TemplateInfo>.self, "template", "ls").items
    }

    func template(_ name: String) async throws -> TemplateInfo {
        let items = try await templates()
        return try #require(items.first { $0.name == name }, "\(items)")
    }

    func snapshots(_ service: String = "it") async throws -> [SnapshotInfo] {
        try await json(ItemList<SnapshotInfo>.self, "snapshot", "ls", service, "-A", "ramen").items
    }

    /// Asks a question through the type's official client library, at any address.
    func ask(_ row: EngineRow, at url: String?, _ words: String...) async throws -> String {
        let outcome = try await Command.run(
            Programs.python, ["\(Programs.checkout)/Tests/clients/engine_client.py", row.type] + words,
            environment: ["URL": url ?? ""])
        guard outcome.status == 0 else { throw Unexpected("\(outcome)") }
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    /// Adds the type's engine where the machine's packages have none, and pushes a service of it called `it`.
    func serve(_ row: EngineRow) async throws -> ServiceInfo {
        try await add(row)
        try await push(row.file())
        return try await info("it", showPassword: true)
    }

    func add(_ row: EngineRow) async throws {
        guard let source = row.source() else { return }
        try await roost(["engine", "add", row.type, source], patience: .seconds(400)).expectSuccess()
    }
}
