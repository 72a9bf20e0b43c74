import Foundation
import Testing

@testable import RoostEngines

/// Runs a suite on the oldest release of an engine and on the newest available here: on the machine's own package,
/// then on the tarball of `scripts/make-engine-tarball`, laid out as an added engine lies in a home.
///
/// A suite that takes minutes runs on one of them, unless `ROOST_RELEASES=all`.
struct EachRelease: SuiteTrait, TestScoping {
    /// The folder of added builds: its builds are newer than the machine's own.
    @TaskLocal static var engines = "/nonexistent"

    enum Releases { case both, machines, newest }

    let engine: String
    var usually = Releases.both
    /// Engines that the machine has no package of: their builds are there in both runs.
    var others: [String] = []

    static let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).dropFirst().map { "/\($0)" }
        .joined()
    private static var vendor: String { "\(checkout)/.build/vendor" }

    /// The tarball's path; nil: it could not be made.
    static func tarball(_ engine: String) -> String? {
        // Without the folder no tarball was made.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: vendor)) ?? []
        let own = names.filter { $0.hasPrefix("\(engine)-") && $0.hasSuffix(".tar.zst") }
        return own.max { $0.compare($1, options: .numeric) == .orderedAscending }.map { "\(vendor)/\($0)" }
    }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // A test of its own reports missing releases: `everyEngineIsTestedOnItsNewestRelease`.
        let shared = others.compactMap(Self.tarball)
        let isAll = ProcessInfo.processInfo.environment["ROOST_RELEASES"] == "all"
        let releases = isAll ? .both : usually
        let newest = Self.tarball(engine)
        if releases != .newest || newest == nil { try await run(with: shared, function) }
        if releases != .machines, let newest { try await run(with: shared + [newest], function) }
    }

    private func run(
        with tarballs: [String], _ function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Self.laidOut(tarballs) { try await function() }
    }

    /// Runs the function with the builds of these tarballs beside the machine's own.
    static func laidOut(_ tarballs: [String], _ function: () async throws -> Void) async throws {
        guard !tarballs.isEmpty else { return try await function() }
        let folder = "/tmp/roost-engines-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        do {
            for tarball in tarballs {
                try TestProgram.run("\(checkout)/Tests/clients/lay-out-engine", [tarball, folder])
            }
            try await $engines.withValue(folder) { try await function() }
        } catch {
            Issue.record(error)
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}

@Suite struct ReleaseTests {
    private static let missing = ["mariadb", "postgresql", "redis", "valkey", "mysql"].filter {
        EachRelease.tarball($0) == nil
    }

    /// Without this test a missing release would go unnoticed.
    @Test(.enabled(if: missing.isEmpty, "no tarball of: \(missing.joined(separator: ", ")); scripts/setup --tests"))
    func everyEngineIsTestedOnItsNewestRelease() { #expect(Self.missing.isEmpty) }
}
