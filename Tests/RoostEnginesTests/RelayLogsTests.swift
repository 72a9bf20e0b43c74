import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The reading of a MariaDB replica's relay logs.
@Suite struct RelayLogsTests {
    @Test func wholeTransactionsCount() throws {
        let logs = try read([[.format, .begin(1), .rows, .end, .begin(2), .rows, .end]])
        #expect(logs.isWhole && logs.newest == MariaDBPosition("9-77-2"))
        #expect(logs.firstUnapplied == .init(file: "relay.000001", offset: 4 + Event.format.length))
        // Until its end, nobody acknowledges it.
        let partial = try read([[.format, .begin(1), .rows, .end, .begin(2), .rows]])
        #expect(partial.isWhole && partial.newest == MariaDBPosition("9-77-1"))
        let none = try read([[.format]])
        #expect(none.isWhole && none.newest.isEmpty && none.firstUnapplied == nil)
    }

    @Test(arguments: [Event.end, .prepare, .query("COMMIT"), .query("ROLLBACK"), .query("COMMIT", hasChecksum: false)])
    func transactionsEnd(_ end: Event) throws {
        let logs = try read([[.format, .begin(1), .query("INSERT"), end]])
        #expect(logs.newest == MariaDBPosition("9-77-1"))
    }

    @Test func aStatementAloneIsATransaction() throws {
        let logs = try read([[.format, .begin(1, isOneStatement: true), .query("CREATE TABLE t (n INT)")]])
        #expect(logs.newest == MariaDBPosition("9-77-1"))
        #expect(try read([[.format, .begin(1, isOneStatement: true)]]).newest.isEmpty)
    }

    /// A connection that broke goes on in the next file.
    @Test func aTransactionMayBeInTwoFiles() throws {
        let logs = try read([[.format, .begin(1), .rows], [.format, .rows, .end]])
        #expect(logs.newest == MariaDBPosition("9-77-1"))
        #expect(logs.firstUnapplied?.file == "relay.000001")
        let again = try read([[.format, .begin(1), .rows], [.format, .begin(1), .rows, .end]])
        #expect(again.firstUnapplied == .init(file: "relay.000002", offset: 4 + Event.format.length))
    }

    @Test func appliedTransactionsArePassedOver() throws {
        let files: [[Event]] = [[.format, .begin(1), .end, .begin(2), .end], [.format, .begin(3), .end]]
        #expect(try read(files, applied: "9-77-1").firstUnapplied?.file == "relay.000001")
        #expect(try read(files, applied: "9-77-2").firstUnapplied?.file == "relay.000002")
        let applied = try read(files, applied: "9-77-3")
        #expect(applied.firstUnapplied == nil && applied.newest == MariaDBPosition("9-77-3"))
    }

    @Test func whatCannotBeReadIsNotWhole() throws {
        let good: [Event] = [.format, .begin(1), .end]
        let bytes = Event.file(good)
        let cases: [(name: String, file: [UInt8])] = [
            ("empty", []), ("no log", Array("text".utf8)), ("torn header", bytes + [0, 0, 0]),
            ("torn event", bytes.dropLast()), ("too short a length", bytes + Event.header(2, length: 18)),
            ("encrypted", bytes + Event.header(164, length: 19)),
        ]
        for sample in cases {
            let logs = try read(files: [sample.file, Event.file(good)])
            #expect(!logs.isWhole, "\(sample.name)")
        }
        #expect(try read([good], index: "./relay.000001\n./relay.000002\n").isWhole == false, "a file is missing")
        #expect(try read([good], index: nil).isWhole == false, "the list is missing")
        #expect(try read([good], limit: 10).isWhole == false, "it is longer than the limit")
        #expect(try read([good]).isWhole)
    }

    @Test func linksAreNotFollowed() throws {
        try withTemporaryDirectory { folder in
            let path = folder.path
            try Data(Event.file([.format])).write(to: URL(filePath: "\(path)/other"))
            try FileManager.default.createSymbolicLink(atPath: "\(path)/relay.000001", withDestinationPath: "other")
            try Data("./relay.000001\n".utf8).write(to: URL(filePath: "\(path)/relay.index"))
            #expect(!RelayLogs(in: path, beyond: MariaDBPosition()).isWhole)
        }
    }

    private func withTemporaryDirectory<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relay-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try body(folder)
    }

    private func read(
        _ files: [[Event]], applied: String = "", index: String? = "all", limit: UInt64 = .max
    ) throws -> RelayLogs {
        try read(files: files.map(Event.file), applied: applied, index: index, limit: limit)
    }

    private func read(
        files: [[UInt8]], applied: String = "", index: String? = "all", limit: UInt64 = .max
    ) throws -> RelayLogs {
        try withTemporaryDirectory { folder in
            let names = files.indices.map { "relay.00000\($0 + 1)" }
            for (name, bytes) in zip(names, files) {
                try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(name)"))
            }
            if let index {
                let text = index == "all" ? names.map { "./\($0)\n" }.joined() : index
                try Data(text.utf8).write(to: URL(filePath: "\(folder.path)/relay.index"))
            }
            return RelayLogs(
                in: folder.path, beyond: try #require(MariaDBPosition(applied)), atMost: limit)
        }
    }

    /// An event of a log of server 77 and domain 9.
    struct Event: Sendable {
        let kind: UInt8
        var body: [UInt8] = []

        static let format = Event(kind: 15, body: Array(repeating: 0, count: 60))
        static let rows = Event(kind: 23, body: Array(repeating: 1, count: 300))
        static let end = Event(kind: 16, body: Array(repeating: 0, count: 12))
        static let prepare = Event(kind: 38, body: Array(repeating: 0, count: 30))

        static func begin(_ sequence: UInt8, isOneStatement: Bool = false) -> Event {
            Event(
                kind: 162, body: [sequence] + Array(repeating: 0, count: 7) + [9, 0, 0, 0, isOneStatement ? 1 : 0, 0])
        }

        static func query(_ text: String, hasChecksum: Bool = true) -> Event {
            Event(kind: 2, body: Array(repeating: 7, count: 13) + Array(text.utf8) + (hasChecksum ? [1, 2, 3, 4] : []))
        }

        var length: UInt64 { UInt64(19 + body.count) }

        static func header(_ kind: UInt8, length: Int) -> [UInt8] {
            [0, 0, 0, 0, kind, 77, 0, 0, 0, UInt8(length & 255), UInt8(length >> 8), 0, 0, 0, 0, 0, 0, 0, 0]
        }

        static func file(_ events: [Event]) -> [UInt8] {
            [0xfe, 0x62, 0x69, 0x6e] + events.flatMap { header($0.kind, length: Int($0.length)) + $0.body }
        }
    }
}
