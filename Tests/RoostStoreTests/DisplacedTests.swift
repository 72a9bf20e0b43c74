import Foundation
import Testing

@testable import RoostStore

/// A store whose files go away while it is open.
@Suite(.timeLimit(.minutes(2)))
struct DisplacedTests {
    @Test(arguments: [["", "-wal", "-shm"], [""], ["-wal"], ["", "-wal"]])
    func isToldAndWrittenAnewWithEverythingThatWasCommitted(_ removed: [String]) async throws {
        try await Folder.with { folder in
            let path = folder.store
            let store = try SQLiteStore.open(path: path)
            try await store.commit([.put(key: "a", value: Data("1".utf8), expecting: 0)])
            #expect(!store.isDisplaced)
            for suffix in removed { try FileManager.default.removeItem(atPath: path + suffix) }
            #expect(store.isDisplaced)
            // Acknowledged, though the file is gone: it must not be lost.
            let revision = try await store.commit([.put(key: "b", value: Data("2".utf8), expecting: 0)])
            _ = try await store.writeAnew()
            #expect(!store.isDisplaced)
            #expect(try await store.get("a")?.value == Data("1".utf8))
            #expect(try await store.revision() == revision)
            try await store.commit([.put(key: "c", value: Data("3".utf8), expecting: 0)])
            store.close()
            let again = try SQLiteStore.open(path: path)
            #expect(try await again.list("").map(\.key) == ["a", "b", "c"])
            try again.checkIntegrity()
            again.close()
        }
    }

    /// By an earlier copy, for example: what was committed since counts.
    @Test func aFileInItsPlaceIsPutAside() async throws {
        try await Folder.with { folder in
            let path = folder.store
            let store = try SQLiteStore.open(path: path)
            try await store.commit([.put(key: "a", value: Data("1".utf8), expecting: 0)])
            try FileManager.default.removeItem(atPath: path)
            try Data("another".utf8).write(to: URL(filePath: path))
            #expect(store.isDisplaced)
            let aside = try #require(try await store.writeAnew())
            #expect(try Data(contentsOf: URL(filePath: aside)) == Data("another".utf8))
            #expect(try await store.get("a") != nil)
            store.close()
        }
    }
}
