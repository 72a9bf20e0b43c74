import Foundation
import RoostModel
import Testing

/// Files that go away under a running server, which goes on as if nothing had happened.
@Suite
struct LostFilesTests {
    static let rows = EngineRow.ofCopies.filter {
        ["mariadb", "mysql", "redis", "postgresql", "mongodb"].contains($0.type)
    }

    /// Removed data are noticed while the server still serves. Nothing is started or made in their place, whatever
    /// ends the server, and a snapshot brings all data back.
    @Test(arguments: rows)
    func removedFilesAreNoticedAndNothingIsMadeInTheirPlace(_ row: EngineRow) async throws {
        try await withRoost(among: .patient) { roost in
            let before = try await roost.serve(row)
            _ = try await roost.ask(row, at: before.url, "put", "row", "kept")
            try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--stop").expectSuccess()
            let snapshot = try #require(try await roost.snapshots().first)
            try await roost.waitReady("it")
            let pid = try await roost.pid("it")
            let data = "\(roost.home)/instances/ramen/it.0/data"
            for name in try FileManager.default.contentsOfDirectory(atPath: data) {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            try await eventually("the removed files are noticed") {
                let info = try await roost.info("it")
                return info.state == .down && info.problems.contains { $0.contains("roost snapshot restore it") }
            }
            // An acknowledged write would be lost, so the write must fail.
            await #expect(throws: (any Error).self) { try await roost.ask(row, at: before.url, "put", "row", "lost") }
            let restarted = try await roost.roost("restart", "it", "-A", "ramen")
            #expect(restarted.status != 0, "\(restarted)")
            kill(pid, SIGKILL)
            try await eventually("its end is noticed") { try await roost.info("it").instances.first?.pid == nil }
            // Files that the server itself wrote there while it still ran.
            let ofServer = Set(try FileManager.default.contentsOfDirectory(atPath: data))
            await roost.killDaemon()
            try await roost.start()
            try await eventually("it stays down") {
                let info = try await roost.info("it")
                return info.state == .down && info.instances.first?.pid == nil
                    && info.problems.contains { $0.contains("roost snapshot restore it") }
            }
            #expect(Set(try FileManager.default.contentsOfDirectory(atPath: data)) == ofServer)
            try await roost.roost("snapshot", "restore", "it", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady("it")
            let after = try await roost.info("it", showPassword: true)
            #expect(try await roost.ask(row, at: after.url, "get", "row") == "kept")
        }
    }
}
