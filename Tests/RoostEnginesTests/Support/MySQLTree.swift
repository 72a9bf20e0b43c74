import Foundation
import Testing

@testable import RoostEngines

/// Oracle's MySQL, unpacked for the duration of a suite as an added engine lies in a home.
struct MySQLTree: SuiteTrait, TestScoping {
    @TaskLocal static var engines = "/nonexistent"

    private static var clients: String {
        URL(filePath: #filePath).pathComponents.dropLast(3).dropFirst().map { "/\($0)" }.joined() + "/clients"
    }

    static var tarball: String? { EachRelease.tarball("mysql") }

    /// The reason why there is no tarball.
    static var absence: Comment {
        "there is no tarball of MySQL: scripts/setup --tests makes it"
    }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // A suite without the tarball is skipped and does not get here.
        let tarball = try #require(Self.tarball)
        let folder = "/tmp/roost-engine-mysql-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        do {
            try TestProgram.run("\(Self.clients)/lay-out-engine", [tarball, folder])
            try await Self.$engines.withValue(folder) { try await function() }
        } catch {
            Issue.record(error)
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
