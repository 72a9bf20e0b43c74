import Foundation
import RoostModel
import Testing

/// A home that an earlier commit's programs made is taken over by the programs of this commit: `make takeover
/// FROM=COMMIT`.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(if: Programs.older != nil, "ROOST_OLDER_PROGRAMS names no older programs; scripts/takeover does"))
struct TakeoverTests {
    /// The newest release of each type.
    static let rows = EngineRow.here.reduce(into: [EngineRow]()) { rows, row in
        rows.removeAll { $0.type == row.type }
        rows.append(row)
    }

    /// No server is started again, no connection breaks, everything answers and can be changed as before; and the older
    /// programs do not take the home back.
    @Test func everythingGoesOnUnderTheNextDaemon() async throws {
        let older = try #require(Programs.older)
        try await withRoost(mounts: .own, startsDaemon: false) { roost in
            try await roost.start(from: older)
            let urls = try await fill(roost)
            let data = try await roost.info("amariadb", showPassword: true)
            let session = try Session(data, in: roost.folder)
            let connection = try await session.connectionID()
            let before = try await pids(roost)
            #expect(before.count > 2 * Self.rows.count)

            await roost.terminateDaemon()
            try await roost.start()
            for row in Self.rows { try await roost.roost("wait", row.service, "-A", "ramen").expectSuccess() }
            #expect(try await pids(roost) == before, "servers, clones and the router run on")
            #expect(try await session.connectionID() == connection)
            for (row, url) in urls { #expect(try await roost.ask(row, at: url, "get", "day") == "first") }
            try await changes(roost, urls)

            await roost.terminateDaemon()
            try roost.launch(from: older)
            #expect(await roost.daemonEnd() != 0)
            #expect(roost.logTail.contains("newer Roost"), "\(roost.logTail)")
            try await roost.start()
            await session.close()
        }
    }

    /// Services of every type, of each a clone and a snapshot, and a template with a clone that waits.
    private func fill(_ roost: Roost) async throws -> [(row: EngineRow, url: String)] {
        try await roost.makePool("6G")
        for row in Self.rows { try await roost.add(row) }
        let lines = Self.rows.map { row in
            "\(row.service): {type: \(row.type), memory: \(row.memory)\(row.version.map { ", version: \"\($0)\"" } ?? "")}"
        }
        try await roost.push("services:\n" + lines.map { "  \($0)\n" }.joined())
        var urls: [(row: EngineRow, url: String)] = []
        for row in Self.rows {
            let url = try #require(try await roost.info(row.service, showPassword: true).url)
            _ = try await roost.ask(row, at: url, "put", "day", "first")
            let clone = try await roost.clone(row.service, "of\(row.type)", "-A", "ramen")
            try await roost.roost("snapshot", "new", row.service, "-A", "ramen").expectSuccess()
            urls += [(row, url), (row, try #require(clone.url))]
        }
        try await roost.roost(["template", "add", "shop", "--from", "amariadb", "-A", "ramen", "--pool", "1"])
            .expectSuccess()
        return urls
    }

    /// The pids of each service's server, each clone's server, and the router.
    private func pids(_ roost: Roost) async throws -> [Int32] {
        var pids: [Int32] = []
        for row in Self.rows { pids.append(try await roost.pid(row.service)) }
        pids += try await roost.clones().compactMap(\.pid).sorted()
        return pids + roost.processes.filter { $0.program == "roost-router" }.map(\.pid)
    }

    /// Changes things that the older daemon made.
    private func changes(_ roost: Roost, _ urls: [(row: EngineRow, url: String)]) async throws {
        for row in Self.rows {
            try await roost.roost("clone", "reset", "of\(row.type)", "--yes").expectSuccess()
            let url = try #require(urls.first { $0.row.type == row.type }?.url)
            _ = try await roost.ask(row, at: url, "put", "day", "second")
            let snapshot = try #require(try await roost.snapshots(row.service).first)
            try await roost.roost(["snapshot", "restore", row.service, snapshot.id, "-A", "ramen", "--yes"])
                .expectSuccess()
            #expect(try await roost.ask(row, at: url, "get", "day") == "first")
        }
        _ = try await roost.clone("shop", "fromshop")
    }
}

extension EngineRow {
    /// A type's name may be that of a database of the server's own.
    fileprivate var service: String { "a\(type)" }
}
