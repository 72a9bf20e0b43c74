import Foundation
import RoostModel
import Testing

/// The store may be lost and the databases must not be.
@Suite
struct RecoveryTests {
    /// Ways to lose a store.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
        case removed, overwritten, truncated
        var testDescription: String { rawValue }

        func strike(_ store: String) throws {
            for file in [store, "\(store)-wal", "\(store)-shm"] where FileManager.default.fileExists(atPath: file) {
                switch self {
                case .removed: try FileManager.default.removeItem(atPath: file)
                case .overwritten:
                    try Data(repeating: 0x52, count: 64 << 10).write(to: URL(filePath: file))
                case .truncated: truncate(file, 2000)
                }
            }
        }
    }

    @Test(arguments: Loss.allCases)
    func aLostStoreIsRebuiltFromTheManifests(loss: Loss) async throws {
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services(
                    "data: {type: mysql, memory: 192M, config: {max_connections: 50}}",
                    "more: {type: mariadb, memory: 192M}"))
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            await roost.killDaemon()
            try loss.strike("\(roost.home)/store.db")

            // The daemon does not take the empty or broken store for an empty home.
            try roost.launch()
            let status = try #require(await roost.daemonEnd())
            #expect(status != 0)
            #expect(roost.logTail.contains("recover"), "it names the way out: \(roost.logTail)")
            // Connections do not suffer from the daemon's end.
            #expect(try await roost.connect(before).status == 0)

            try await roost.roost("recover").expectSuccess()
            try await roost.start()
            try await roost.waitReady()
            try await roost.waitReady("more")
            let after = try await roost.info(showPassword: true)
            #expect(after.url == before.url && after.config == before.config && after.engine == before.engine)
            #expect(after.instances.first?.pid == before.instances.first?.pid, "the server ran on")
            #expect(after.epoch > before.epoch)
            #expect(try await roost.query("select n from t") == ["42"])
            // The rebuilt store works as ever for later changes.
            try await roost.push(BuildFiles.one)
            try await roost.push(BuildFiles.one, to: "second")
            #expect(try await roost.query("select 1", in: "second") == ["1"])
        }
    }

    @Test func aNewHomeNeedsNoRecovery() async throws {
        try await withRoost { roost in
            #expect(try await roost.isHealthy())
            let outcome = try await roost.roost("recover")
            #expect(outcome.status != 0, "it is refused while the daemon runs: \(outcome)")
            #expect(try await roost.isHealthy())
        }
    }
}
