import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostStore

/// The store's file: made once, private, durable, and left alone where it cannot be read.
@Suite struct SQLiteFileTests {
    @Test func isMadePrivateAndKeepsWhatItWasGiven() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            try await store.commit([.put("a", "1")])
            #expect(
                try folder.names == ["store.sqlite", "store.sqlite-ballast", "store.sqlite-shm", "store.sqlite-wal"])
            for name in try folder.names { #expect(mode(folder.path + "/" + name) == 0o600, "\(name)") }
            store.close()
            #expect(try folder.names == ["store.sqlite", "store.sqlite-ballast"])

            let again = try SQLiteStore.open(path: folder.store, options: .small)
            defer { again.close() }
            #expect(try await again.list("") == [StoredValue("a", "1", at: 1)])
            #expect(try await first(1, of: again.watch("", from: 0)) == [.put(StoredValue("a", "1", at: 1))])
            #expect(try await again.commit([.put("a", "2")]) == 2)
            try again.checkIntegrity()
        }
    }

    @Test func writesThroughALogThatIsFlushedAtEachCommit() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
            #expect(try store.setting("synchronous") == "2")
            #expect(try store.setting("journal_mode") == "wal")
        }
    }

    @Test func twoHandlesKeepToCompareAndSet() async throws {
        try await Folder.with { folder in
            let stores = try (0..<2).map { _ in try SQLiteStore.open(path: folder.store, options: .small) }
            defer { for store in stores { store.close() } }
            try await stores[0].commit([.put("n", "0")])
            try await withThrowingTaskGroup { group in
                for store in stores {
                    group.addTask { for _ in 0..<50 { try await increment(in: store) } }
                }
                try await group.waitForAll()
            }
            for store in stores {
                #expect(try await store.text("n") == "100")
                #expect(try await store.revision() == 101)
            }
            // The other store's commits come in order with the next own commit.
            async let seen = first(102, of: stores[0].watch("", from: 0))
            try await stores[0].commit([.put("m", "x")])
            #expect(try await seen.map(\.revision) == Array(1...102))
        }
    }

    @Test func manyHandlesMayMakeTheStoreAtOnce() async throws {
        try await Folder.with { folder in
            try await withThrowingTaskGroup { group in
                for n in 0..<6 {
                    group.addTask {
                        let store = try SQLiteStore.open(path: folder.store, options: .small)
                        defer { store.close() }
                        try await store.commit([.put("k\(n)", "x")])
                    }
                }
                try await group.waitForAll()
            }
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            #expect(try await store.list("k").count == 6)
            #expect(try await store.revision() == 6)
            #expect(try !folder.names.contains { $0.contains(".new-") })
        }
    }

    @Test func aNewStoreNeverTakesThePlaceOfAnother() async throws {
        try await Folder.with { folder in
            for (name, isTaken) in [("first", true), ("second", false)] {
                let draft = folder.path + "/" + name
                try Data(name.utf8).write(to: URL(filePath: draft))
                #expect(try StoreFile.publish(draft, as: folder.store) == isTaken)
            }
            #expect(try bytes(folder.store) == Data("first".utf8))
        }
    }

    @Test func answersUnavailableOnceClosed() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            try await store.commit([.put("a", "1")])
            let watch = store.watch("", from: 0)
            let watched = Task { try await first(2, of: watch) }
            store.close()
            store.close()
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await store.get("a") }, { _ = try await store.list("") }, { _ = try await store.revision() },
                { try await store.commit([.put("a", "2")]) }, { try store.checkIntegrity() },
                { try await store.backUp(to: folder.copy) },
            ]
            for call in calls { await #expect { try await call() } throws: { isUnavailable($0) } }
            await #expect { _ = try await watched.value } throws: { isUnavailable($0) }
        }
    }

    /// A newer store is refused also where its daemon was killed and left commits in the log: opening moves none.
    @Test(arguments: [true, false]) func refusesAStoreOfANewerVersionUntouched(_ isClosed: Bool) async throws {
        try await Folder.with { folder in
            var newer = SQLiteStore.Options.small
            newer.schema = Schema(steps: Schema.current.steps + ["CREATE TABLE novelty (x TEXT) STRICT", "SELECT 1"])
            let store = try SQLiteStore.open(path: folder.store, options: newer)
            defer { store.close() }
            try await store.commit([.put("a", "1")])
            if isClosed { store.close() }
            let left = folder.path + "/left.sqlite"
            let parts = isClosed ? [""] : ["", "-wal"]
            for part in parts { try bytes(folder.store + part).write(to: URL(filePath: left + part)) }
            #expect(throws: StoreError.newer(path: left, schema: newer.schema.steps.count)) {
                try SQLiteStore.open(path: left, options: .small)
            }
            for part in parts { #expect(try bytes(left + part) == bytes(folder.store + part)) }
            #expect(try bytes(folder.store + parts[parts.count - 1]).count > 0)
        }
    }

    @Test func bringsAnOlderStoreUpToDateWithItsContent() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            try await store.commit([.put("a", "1")])
            store.close()
            var newer = SQLiteStore.Options.small
            newer.schema = Schema(steps: Schema.current.steps + ["CREATE TABLE novelty (x TEXT) STRICT"])
            let later = try SQLiteStore.open(path: folder.store, options: newer)
            defer { later.close() }
            #expect(try await later.text("a") == "1")
            try await later.commit([.put("a", "2")])
            // The copy is as it was, for a user who goes back to the older Roost.
            let kept = "\(folder.store).schema-\(Schema.current.steps.count)"
            #expect(mode(kept) == 0o600)
            let before = try SQLiteStore.open(path: kept, options: .small)
            defer { before.close() }
            #expect(try await before.text("a") == "1")
        }
    }

    /// A copy of another time stays; the draft of an interrupted copy is removed.
    @Test func theCopyFromBeforeIsMadeOnceForEachState() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            try await store.commit([.put("a", "1")])
            store.close()
            let kept = "\(folder.store).schema-1"
            try Data("cut off".utf8).write(to: URL(filePath: kept + ".new"))
            try SQLiteStore.keepCopy(of: folder.store, schema: 1)
            let first = try bytes(kept)
            try SQLiteStore.keepCopy(of: folder.store, schema: 1)
            #expect(try bytes(kept) == first && !folder.names.contains { $0.hasSuffix(".new") })
            let later = try SQLiteStore.open(path: folder.store, options: .small)
            try await later.commit([.put("a", "2")])
            later.close()
            try SQLiteStore.keepCopy(of: folder.store, schema: 1)
            #expect(try bytes(kept) == first)
            let second = try SQLiteStore.open(path: kept + "-2", options: .small)
            defer { second.close() }
            #expect(try await second.text("a") == "2")
        }
    }

    @Test(arguments: ["/proc/store.sqlite", "/sys/store.sqlite", "/nowhere/at/all/store.sqlite", "/dev/null", "/tmp"])
    func saysUnavailableWhereNoFileCanBe(_ path: String) {
        #expect { try SQLiteStore.open(path: path, options: .small) } throws: { isUnavailable($0) }
    }

    /// Numbers from https://sqlite.org/rescode.html, extended ones among them.
    @Test(arguments: [
        (13, "full"), (11, "corrupt"), (267, "corrupt"), (26, "corrupt"), (522, "corrupt"), (10, "unavailable"),
        (1546, "unavailable"), (14, "unavailable"), (5, "unavailable"), (8, "unavailable"), (21, "unavailable"),
    ])
    func tellsFullAndCorruptFromOtherFaults(_ code: Int32, _ expected: String) {
        let error = StoreError(code: code, message: "said SQLite", path: "/tmp/store")
        switch error {
        case .full(let reason): #expect(expected == "full" && reason.contains("/tmp/store: said SQLite"))
        case .corrupt(let path, let reason):
            #expect(expected == "corrupt" && path == "/tmp/store" && reason.contains("said SQLite"))
        case .unavailable(let reason): #expect(expected == "unavailable" && reason.contains("/tmp/store: said SQLite"))
        case .conflict, .compacted, .newer: Issue.record("\(error)")
        }
    }

    @Test func refusesCommitsBeyondTheLargestFileWithoutHarm() async throws {
        try await Folder.with { folder in
            var options = SQLiteStore.Options.small
            options.largestFile = .mebibytes(1)
            let store = try SQLiteStore.open(path: folder.store, options: options)
            defer { store.close() }
            try await store.commit([.put("a", "1")])
            let large = String(repeating: "x", count: 900_000)
            await #expect { try await store.commit([.put("a", "2"), .put("b", large)]) } throws: { isFull($0) }
            #expect(try await store.list("") == [StoredValue("a", "1", at: 1)])
            #expect(try await store.commit([.put("a", "2")]) == 2)
            try store.checkIntegrity()
        }
    }
}

func isUnavailable(_ error: any Error) -> Bool {
    if case .unavailable = error as? StoreError { true } else { false }
}

func isFull(_ error: any Error) -> Bool {
    if case .full = error as? StoreError { true } else { false }
}

func isCorrupt(_ error: any Error, _ path: String) -> Bool {
    if case .corrupt(path, _) = error as? StoreError { true } else { false }
}
