import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostEngines

/// A folder for the dumps and templates of one test.
enum CopyFolder {
    static func with(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/roost-engine-copy-\(UUID().uuidString.prefix(8))"
        try TestFolder.make(folder)
        do { try await body(folder) } catch { Issue.record(error) }
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The dump's text as a file of each compression.
    static func dumps(_ text: String, in folder: String, lastWords: String = "") throws -> [Dump] {
        let path = "\(folder)/dump.sql"
        try Data(text.utf8).write(to: URL(filePath: path))
        // The file is readable by Roost alone.
        try #require(chmod(path, 0o600) == 0)
        try TestProgram.run("/bin/sh", ["-c", "gzip -k \"$0\" && zstd -q -k \"$0\"", path])
        return [
            Dump(path: path, format: .sql, compression: .none),
            Dump(path: "\(path).gz", format: .sql, compression: .gzip),
            Dump(path: "\(path).zst", format: .sql, compression: .zstd),
        ]
    }
}

/// All progress that a load reported.
final class ProgressLog: Sendable {
    private let all = Mutex<[LoadProgress]>([])

    var note: @Sendable (LoadProgress) -> Void {
        { progress in self.all.withLock { $0.append(progress) } }
    }

    var last: LoadProgress? { all.withLock { $0.last } }
    var isMonotonic: Bool {
        all.withLock { all in zip(all, all.dropFirst()).allSatisfy { $0.bytesRead <= $1.bytesRead } }
    }
}

extension TestServer {
    @discardableResult
    func load(
        _ dump: Dump, _ progress: ProgressLog = ProgressLog(), _ terms: LoadTerms = LoadTerms()
    ) async throws -> LoadReport {
        try await engine.loading().load(
            dump, into: plan, terms, build: build, user: TestUser.server, progress: progress.note)
    }

    /// Finalises the server, stops it and leaves its directory at `path`.
    func becomeTemplate(at path: String) async throws {
        try await engine.cloning().finalise(plan)
        stop()
        try engine.stripping?.strip(directory: plan.folders.data)
        try TestProgram.run("/bin/cp", ["-a", plan.folders.data, path])
    }

    /// Copies the server's directory as it is at one moment, while the server runs.
    func image(at path: String, whileSuspended: () -> Void = {}) async throws {
        try await suspend()
        whileSuspended()
        try TestProgram.run("/bin/cp", ["-a", plan.folders.data, path])
        signal(SIGCONT)
    }

    /// Prepares a directory as a clone's before its first start.
    static func detached(_ server: TestServer) async throws {
        server.plan = server.plan.withNewPasswords()
        try await server.engine.cloning().resetIdentity(
            directory: server.plan.folders.data, build: server.build, user: TestUser.server)
    }

    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: plan.folders.data).sorted() }
    }
}

/// Acknowledgements that writers on several threads received.
final class Acknowledged: Sendable {
    private let rows = Atomic(0)

    var count: Int { rows.load(ordering: .sequentiallyConsistent) }

    func add() { rows.add(1, ordering: .sequentiallyConsistent) }
}
