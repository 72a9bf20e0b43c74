import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The user that servers of tests run as: never root.
enum TestUser {
    static var server: ServerUser {
        geteuid() == 0
            ? ServerUser(name: "nobody", uid: 65534, gid: 65534)
            : ServerUser(name: "caller", uid: geteuid(), gid: getegid())
    }

    static func unprivileged(_ words: [String]) -> [String] {
        guard geteuid() == 0 else { return words }
        return ["/usr/bin/setpriv", "--reuid=\(server.uid)", "--regid=\(server.gid)", "--clear-groups"] + words
    }
}

/// Folders that belong to the servers' user.
enum TestFolder {
    static func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try #require(chown(path, TestUser.server.uid, TestUser.server.gid) == 0)
    }
}

/// A program run to its end.
enum TestProgram {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> Outcome {
        let outcome = try outcome(program, arguments)
        try #require(outcome.status == 0, "\(program): \(outcome.errors)")
        return outcome
    }

    static func outcome(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
    ) throws -> Outcome {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        // Input and outputs are files: the program never waits for a full pipe.
        try folder.write(["in": input, "out": "", "err": ""])
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin", "HOME": folder.path]) { own, _ in own }
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: "\(folder.path)/in"))
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/out"))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/err"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8),
            errors: try String(contentsOfFile: "\(folder.path)/err", encoding: .utf8))
    }
}

/// A freshly initialised directory for all tests of a suite; each server gets a copy.
struct Seed: SuiteTrait, TestScoping {
    @TaskLocal static var path: String?
    /// The engine is made when the suite runs: the suite decides which builds there are.
    let engine: @Sendable () -> any Engine

    init(_ engine: @autoclosure @escaping @Sendable () -> any Engine = TestServer.mariadb) { self.engine = engine }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Self.with(engine()) { try await function() }
    }

    static func with(_ engine: any Engine, _ function: () async throws -> Void) async throws {
        let folder = "/tmp/roost-engine-seed-\(UUID().uuidString.prefix(8))"
        try TestFolder.make(folder)
        let path = "\(folder)/data"
        try TestFolder.make(path)
        do {
            let build = try #require(engine.builds().first, "\(engine.family.name) is not installed")
            try await engine.initialise(directory: path, build: build, user: TestUser.server)
            try await $path.withValue(path) { try await function() }
        } catch {
            Issue.record(error)
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
