import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel
import Testing

@testable import RoostAgent

@Suite struct DumpFileTests {
    private let catalog = EngineCatalog(addedBuilds: "/nonexistent")

    private func withFile(_ name: String, _ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "roost-dumps-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
        try await body("\(folder)/\(name)")
    }

    @Test(arguments: [
        ("a.rdb", Array("REDIS0011".utf8), ServiceType(rawValue: "redis"), Dump.Format.rdb, Dump.Compression.none)
    ])
    func tellsADumpByWhatIsInIt(
        name: String, bytes: [UInt8], type: ServiceType, format: Dump.Format, compression: Dump.Compression
    ) async throws {
        try await withFile(name, bytes) { path in
            let dump = try await DumpFile.dump(at: path, type: type, catalog: catalog)
            #expect(dump == Dump(path: path, format: format, compression: compression))
        }
    }

    @Test(arguments: [("a.rdb", Array("SELECT 1;".utf8)), ("empty.rdb", [])])
    func refusesWhatIsNoneOfTheType(name: String, bytes: [UInt8]) async throws {
        try await withFile(name, bytes) { path in
            await #expect(throws: Problem.self) {
                try await DumpFile.dump(at: path, type: ServiceType(rawValue: "redis"), catalog: catalog)
            }
        }
    }

    @Test func refusesAPathThatLeadsNowhere() async {
        await #expect(throws: Problem.self) {
            try await DumpFile.dump(at: "/nonexistent/a.sql", type: ServiceType(rawValue: "redis"), catalog: catalog)
        }
        await #expect(throws: Problem.self) {
            try await DumpFile.dump(at: "a.sql", type: ServiceType(rawValue: "redis"), catalog: catalog)
        }
    }

    @Test(arguments: [
        (["shop"], [], ["shop"], ["shop"]), (["shop", "more"], ["live"], ["live", "shop"], ["shop", "more", "live"]),
        (["shop"], ["live"], ["live"], ["live"]), (["shop"], ["zoo", "live"], ["live", "zoo"], ["zoo", "live"]),
        (["shop"], ["none"], [], ["shop"]), (["shop"], [], ["b", "a"], ["b", "a"]),
    ])
    func decidesWhereClonesBegin(own: [String], named: [String], filled: [String], wanted: [String]) {
        #expect(TemplateDatabases.order(own: own, named: named, filled: filled) == wanted)
    }

    @Test func findsDumpsByTypeAndFlatOnesWhereSomebodyOwnsThem() throws {
        let folder = NSTemporaryDirectory() + "roost-dumps-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
        try FileManager.default.createDirectory(atPath: "\(folder)/mariadb", withIntermediateDirectories: true)
        for name in ["mariadb/shop.sql.gz", "mariadb/notes.txt", "mariadb/.shop.sql", "flat.sql"] {
            try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        let later = Date().addingTimeInterval(60)
        let owned = DumpFolder(path: folder, typeOfFlat: "postgresql").settled(now: later)
        #expect(owned.map { "\($0.type) \($0.name) \($0.isFlat)" } == ["postgresql flat true", "mariadb shop false"])
        let unowned = DumpFolder(path: folder, typeOfFlat: nil).settled(now: later)
        #expect(unowned.map(\.name) == ["shop"])
        // A file that was just written may still be incomplete.
        #expect(DumpFolder(path: folder, typeOfFlat: nil).settled().isEmpty)
    }
}
