import Foundation
import Glibc
import Testing

@testable import RoostStore

/// The backup that is kept beside the store.
@Suite struct CopyTests {
    @Test func aCopyIsAStoreThatHoldsTheSame() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            for n in 1...20 { try await store.commit([.put("k\(n)", "x")]) }
            try await store.backUp(to: folder.copy)
            #expect(mode(folder.copy) == 0o600)
            #expect(try folder.names.filter { $0.hasPrefix("store.copy") } == ["store.copy"])
            // The copy is one plain file, readable from a read-only medium too: https://sqlite.org/fileformat.html,
            // bytes 18 and 19.
            #expect(try bytes(folder.copy)[18...19] == Data([1, 1]))

            let copy = try SQLiteStore.open(path: folder.copy, options: .small)
            defer { copy.close() }
            #expect(try await copy.list("") == store.list(""))
            #expect(try await copy.revision() == 20)
        }
    }

    @Test func aCopyTakesThePlaceOfTheEarlierOneAndOfAnUnfinishedOne() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            for n in 1...2 {
                try await store.commit([.put("a", "\(n)")])
                try Data("cut short".utf8).write(to: URL(filePath: folder.copy + ".new"))
                try await store.backUp(to: folder.copy)
            }
            let copy = try SQLiteStore.open(path: folder.copy, options: .small)
            defer { copy.close() }
            #expect(try await copy.text("a") == "2")
            #expect(try !folder.names.contains("store.copy.new"))
        }
    }

    /// Every pair of values in a copy is from one commit.
    @Test func copiesAreConsistentWhileCommitsGoOn() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            try await store.commit([.put("a", "0"), .put("b", "0")])
            try await withThrowingTaskGroup { group in
                group.addTask { for n in 1...150 { try await store.commit([.put("a", "\(n)"), .put("b", "\(n)")]) } }
                for n in 0..<3 { group.addTask { try await store.backUp(to: folder.copy + "-\(n)") } }
                try await group.waitForAll()
            }
            for n in 0..<3 {
                let copy = try SQLiteStore.open(path: folder.copy + "-\(n)", options: .small)
                defer { copy.close() }
                #expect(try await copy.text("a") == copy.text("b"))
            }
        }
    }

    @Test func keepsTheEarlierCopyWhereANewOneCannotBeWritten() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            await #expect { try await store.backUp(to: "/proc/store.copy") } throws: { isUnavailable($0) }
            await #expect { try await store.backUp(to: folder.store) } throws: { isUnavailable($0) }
            try await store.backUp(to: folder.copy)
            let before = try bytes(folder.copy)
            // A folder is in the place of the copy's draft.
            try FileManager.default.createDirectory(atPath: folder.copy + ".new", withIntermediateDirectories: false)
            await #expect { try await store.backUp(to: folder.copy) } throws: { isUnavailable($0) }
            #expect(try bytes(folder.copy) == before)
        }
    }
}
