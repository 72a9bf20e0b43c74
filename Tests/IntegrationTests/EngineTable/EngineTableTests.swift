import Foundation
import RoostModel
import Testing

/// The behaviour that all types share: the life of a service from the push to the snapshot of the destroyed one,
/// through the official client library. An engine's own behaviour is in the suite that is named for it; `type:
/// custom` has no client and no settings, and is in `CustomTests` alone.
@Suite(
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct EngineTableTests {
    @Test(arguments: EngineRow.here)
    func aLifeFromPushToRestore(_ row: EngineRow) async throws {
        try await withRoost { roost in
            if let source = row.source() {
                try await roost.roost(["engine", "add", row.type, source], patience: .seconds(400)).expectSuccess()
            }
            try await roost.push(row.file())
            let first = try await roost.info("it", showPassword: true)
            #expect(first.state == .running && first.engine.hasPrefix(row.engine), "\(first)")
            try await limitsAreInForce(first)

            _ = try await roost.ask(row, first, "put", "day", "pushed")
            #expect(try await roost.ask(row, first, "get", "day") == "pushed")
            try await survivesEachDeath(row, first, roost)
            try await settings(row, first, roost)
            try await comesBackFromItsSnapshot(row, first, roost)
        }
    }

    /// A type that is missing here would otherwise go untested in silence.
    @Test(.enabled(if: EngineRow.missing.isEmpty, "not on this machine: \(EngineRow.missing.joined(separator: ", "))"))
    func everyTypeIsTested() {
        #expect(EngineRow.here.count == EngineRow.all.count)
    }

    // MARK: A life's days

    private func limitsAreInForce(_ info: ServiceInfo) async throws {
        guard info.limitsEnforced else { return }
        let pid = try #require(info.instances.first?.pid)
        #expect(ProcessTable.memoryLimit(of: pid) == info.memoryBytes.bytes)
        if Programs.isRoot { #expect(ProcessTable.userID(of: pid) != 0) }
    }

    /// All questions are asked at the address and with the password of the first day.
    private func survivesEachDeath(_ row: EngineRow, _ first: ServiceInfo, _ roost: Roost) async throws {
        try await roost.roost("restart", "it", "-A", "ramen").expectSuccess()
        #expect(try await roost.ask(row, first, "get", "day") == "pushed", "after a restart")

        _ = try await roost.ask(row, first, "put", "day", "killed")
        let killed = try await roost.pid("it")
        kill(killed, SIGKILL)
        // A connection may reach the dying server; the next one waits at the endpoint.
        try await eventually("it is read again") { (try? await roost.ask(row, first, "get", "day")) == "killed" }
        try await roost.waitReady("it")
        let pid = try await roost.pid("it")
        #expect(pid != killed)

        await roost.killDaemon()
        _ = try await roost.ask(row, first, "put", "day", "without roostd")
        try await roost.start()
        try await roost.waitReady("it")
        #expect(try await roost.pid("it") == pid, "adopted, not started again")
        #expect(try await roost.ask(row, first, "get", "day") == "without roostd")
    }

    private func settings(_ row: EngineRow, _ first: ServiceInfo, _ roost: Roost) async throws {
        let setting = row.setting
        try await roost.push(row.file("\(setting.key): \(setting.before)"))
        try await roost.waitReady("it")
        let pid = try await roost.pid("it")
        try await roost.push(row.file("\(setting.key): \(setting.after)"))
        #expect(try await roost.ask(row, first, "setting", setting.name) == setting.shown)
        #expect(try await roost.pid("it") == pid, "in place")

        let standing = try await roost.info("it")
        for (config, words) in row.wrong {
            let refused = try await roost.tryPush(row.file(config))
            #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            #expect(try await roost.info("it") == standing, "nothing was changed")
        }
    }

    private func comesBackFromItsSnapshot(_ row: EngineRow, _ first: ServiceInfo, _ roost: Roost) async throws {
        try await roost.roost("destroy", "it", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await roost.problem("info", "it", "-A", "ramen").error.code == "service_not_found")
        let kept = try await roost.json(ItemList<SnapshotInfo>.self, "snapshot", "ls", "it", "-A", "ramen")
        let snapshot = try #require(kept.items.first?.id)
        try await roost.roost("snapshot", "restore", "it", snapshot, "-A", "ramen").expectSuccess()
        try await roost.waitReady("it")
        #expect(try await roost.info("it", showPassword: true).url == first.url, "address and password are the first's")
        #expect(try await roost.ask(row, first, "get", "day") == "without roostd")
        #expect(try await roost.ask(row, first, "setting", row.setting.name) == row.setting.shown)
    }
}
