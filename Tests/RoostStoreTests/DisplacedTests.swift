import Foundation
import Glibc
import Synchronization
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
            #expect(store.place == .same)
            for suffix in removed { try FileManager.default.removeItem(atPath: path + suffix) }
            #expect(store.place == .displaced)
            // The commit was acknowledged although the file is gone: it must not be lost.
            let revision = try await store.commit([.put(key: "b", value: Data("2".utf8), expecting: 0)])
            _ = try await store.writeAnew()
            #expect(store.place == .same)
            #expect(try await store.get("a")?.value == Data("1".utf8))
            #expect(try await store.revision() == revision)
            try await store.commit([.put(key: "c", value: Data("3".utf8), expecting: 0)])
            // The copy and the log of the new file are there after the old connections were closed.
            #expect(store.place == .same)
            #expect(try !folder.names.contains { $0.contains("anew") })
            store.close()
            let again = try SQLiteStore.open(path: path)
            #expect(try await again.list("").map(\.key) == ["a", "b", "c"])
            try again.checkIntegrity()
            again.close()
        }
    }

    /// An earlier copy, for example, is put in the store's place: the commits since then count.
    @Test func aFileInItsPlaceIsPutAside() async throws {
        try await Folder.with { folder in
            let path = folder.store
            let store = try SQLiteStore.open(path: path)
            try await store.commit([.put(key: "a", value: Data("1".utf8), expecting: 0)])
            try FileManager.default.removeItem(atPath: path)
            try Data("another".utf8).write(to: URL(filePath: path))
            #expect(store.place == .displaced)
            let aside = try #require(try await store.writeAnew())
            #expect(try Data(contentsOf: URL(filePath: aside)) == Data("another".utf8))
            #expect(try await store.get("a") != nil)
            store.close()
        }
    }

    /// A disk fails for a moment. Committed values stay in memory, and are in the file at the end.
    @Test(arguments: [SQLiteStore.AnewStep.takePlace, .connect], [false, true])
    func goesOnAfterAFailedAttempt(_ step: SQLiteStore.AnewStep, copyIsRemovedToo: Bool) async throws {
        try await Folder.with { folder in
            let faults = Mutex(2)
            var options = SQLiteStore.Options.small
            options.beforeStep = { now in
                guard now == step,
                    faults.withLock({
                        $0 -= 1; return $0 >= 0
                    })
                else { return }
                throw StoreError.unavailable("the disk failed")
            }
            let store = try SQLiteStore.open(path: folder.store, options: options)
            let revision = try await store.commit([.put("a", "1")])
            try folder.removeStore()
            for _ in 0..<2 {
                await #expect(throws: StoreError.unavailable("the disk failed")) { try await store.writeAnew() }
                #expect(store.place == .displaced)
                #expect(try await store.text("a") == "1")
                if copyIsRemovedToo { try FileManager.default.removeItem(atPath: SQLiteStore.copy(of: folder.store)) }
            }
            // A commit that is not in the copy is not acknowledged.
            await #expect(throws: StoreError.self) { try await store.commit([.put("b", "2")]) }
            _ = try await store.writeAnew()
            #expect(store.place == .same)
            #expect(try await store.revision() == revision)
            try await store.commit([.put("c", "3")])
            store.close()
            let again = try SQLiteStore.open(path: folder.store)
            #expect(try await again.list("").map(\.key) == ["a", "c"])
            again.close()
        }
    }

    /// The process died between two steps: the next process finishes, also where another store was made meanwhile.
    @Test(arguments: [SQLiteStore.AnewStep.takePlace, .connect], [false, true])
    func theNextProcessFinishes(_ step: SQLiteStore.AnewStep, anotherStands: Bool) async throws {
        try await Folder.with { folder in
            var options = SQLiteStore.Options.small
            options.beforeStep = { now in if now == step { throw StoreError.unavailable("the disk failed") } }
            let store = try SQLiteStore.open(path: folder.store, options: options)
            try await store.commit([.put("a", "1")])
            try folder.removeStore()
            await #expect(throws: StoreError.self) { try await store.writeAnew() }
            #expect(SQLiteStore.isBeingReplaced(folder.store))
            if anotherStands {
                if step == .connect { try FileManager.default.removeItem(atPath: folder.store) }
                try Data("another".utf8).write(to: URL(filePath: folder.store))
            }
            let next = try SQLiteStore.open(path: folder.store, options: .small)
            #expect(try await next.text("a") == "1")
            #expect(!SQLiteStore.isBeingReplaced(folder.store))
            #expect(try folder.names.contains("store.sqlite.unreadable-1") == anotherStands)
            next.close()
            store.close()
        }
    }

    // MARK: Which looks count

    private static let home = FileIdentity(device: 1, inode: 2)
    private static let known = [FileIdentity(device: 1, inode: 10), FileIdentity(device: 1, inode: 11)]

    @Test(
        arguments: [
            ([.there(known[0]), .there(known[1])], .there(home), true),
            ([.absent, .there(known[1])], .there(home), false),
            ([.there(known[0]), .absent], .there(home), false),
            ([.there(known[1]), .there(known[1])], .there(home), false),
        ] as [([Sight], Sight, Bool)])
    func aFileThatIsNotThereOrAnotherIsGone(_ found: [Sight], folder: Sight, isSame: Bool) {
        let place = StorePlace.judge(
            "/h/s", known: Self.known, found: found, folder: Self.home, foundFolder: folder)
        #expect(place == (isSame ? .same : .displaced))
    }

    @Test(
        arguments: [
            ([.unreadable(errno: EACCES), .there(known[1])], .there(home), "Permission denied"),
            ([.there(known[0]), .unreadable(errno: EIO)], .there(home), "Input/output error"),
            ([.unreadable(errno: ENOTDIR), .absent], .there(home), "Not a directory"),
            // The first file is gone and the second unknown, so nothing is known of the folder either.
            ([.absent, .unreadable(errno: EIO)], .there(home), "Input/output error"),
            ([.absent, .absent], .unreadable(errno: EACCES), "cannot be examined"),
            ([.absent, .absent], .absent, "is gone"),
            ([.absent, .absent], .there(FileIdentity(device: 9, inode: 2)), "another disk"),
            ([.there(known[0]), .there(known[1])], .there(FileIdentity(device: 9, inode: 2)), "another disk"),
            ([.absent, .absent], .there(FileIdentity(device: 1, inode: 3)), "is not the folder"),
        ] as [([Sight], Sight, String)])
    func whatCannotBeSeenIsNotGone(_ found: [Sight], folder: Sight, words: String) throws {
        let place = StorePlace.judge(
            "/h/s", known: Self.known, found: found, folder: Self.home, foundFolder: folder)
        guard case .unknown(let reason) = place else { throw StoreError.unavailable("\(place)") }
        #expect(reason.contains(words), "\(reason)")
    }

    /// The home was moved away under roostd, as by an unmounted disk: nothing is written to the new folder there.
    @Test func nothingIsWrittenToAnotherFolder() async throws {
        try await Folder.with { folder in
            let home = folder.path + "/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            let store = try SQLiteStore.open(path: home + "/store.sqlite", options: .small)
            try await store.commit([.put("a", "1")])
            try FileManager.default.moveItem(atPath: home, toPath: home + ".away")
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            await #expect(throws: StoreError.self) { try await store.writeAnew() }
            #expect(try FileManager.default.contentsOfDirectory(atPath: home).isEmpty)
            // The home is back: commits were never refused.
            try FileManager.default.removeItem(atPath: home)
            try FileManager.default.moveItem(atPath: home + ".away", toPath: home)
            #expect(store.place == .same)
            try await store.commit([.put("b", "2")])
            store.close()
        }
    }
}
