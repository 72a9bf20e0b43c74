import Foundation
import Glibc
import RoostModel
import Synchronization

@testable import RoostCLI

/// The surroundings of one test: a folder of its own, a caller whose output is kept, and a daemon if the test needs
/// one.
final class Scene: Sendable {
    /// The result of one command line.
    struct Outcome {
        let ending: Ending
        let output: String
        let errors: String

        var status: Int32? {
            if case .status(let status) = ending { status } else { nil }
        }

        func document<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSON.decode(from: Data(output.utf8))
        }
    }

    let folder: String
    private let words = Mutex<(output: String, errors: String)>(("", ""))

    fileprivate init(folder: String) { self.folder = folder }

    /// Runs one command line in this folder against the daemon at `folder`. `typed` are a terminal's lines; nil: no
    /// terminal is there.
    func roost(
        _ arguments: String..., typed: [String]? = nil, environment: [String: String] = [:], home: Bool = true
    ) async -> Outcome {
        await run(arguments, typed: typed, environment: environment, home: home)
    }

    func run(
        _ arguments: [String], typed: [String]? = nil, environment: [String: String] = [:], home: Bool = true
    ) async -> Outcome {
        words.withLock { $0 = ("", "") }
        let lines = Mutex(typed ?? [])
        var variables = environment
        if home { variables["ROOST_HOME"] = folder }
        let caller = Caller(
            environment: variables, directory: folder, userID: geteuid(), userHome: folder,
            inputIsTerminal: typed != nil, errorIsTerminal: typed != nil,
            write: { stream, text in
                self.words.withLock { words in
                    switch stream {
                    case .output: words.output += text
                    case .error: words.errors += text
                    }
                }
            }, readLine: { lines.withLock { $0.isEmpty ? nil : $0.removeFirst() } })
        let ending = await CommandLineTool.execute(arguments, as: caller)
        return words.withLock { Outcome(ending: ending, output: $0.output, errors: $0.errors) }
    }

    func write(_ text: String, to name: String) throws {
        let file = URL(filePath: "\(folder)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: "\(folder)/\(name)"), encoding: .utf8)
    }
}

/// Runs `body` in a fresh folder and removes it afterwards.
func withScene(_ body: (Scene) async throws -> Void) async throws {
    let folder = "/tmp/roost-cli-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("left behind: \(folder): \(error)") }
    }
    try await body(Scene(folder: folder))
}

/// Like `withScene`, with a daemon that answers by `METHOD path` from `answers`, and 404 to all other requests.
func withDaemon(
    _ answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response],
    _ body: (Scene, FakeDaemon) async throws -> Void
) async throws {
    try await withScene { scene in
        let daemon = try FakeDaemon(home: scene.folder) { request in
            guard let answer = answers["\(request.method) \(request.path)"] else {
                return try .problem(.notFound, "nothing answers \(request.method) \(request.target)")
            }
            return try answer(request)
        }
        defer { daemon.stop() }
        try await body(scene, daemon)
    }
}
