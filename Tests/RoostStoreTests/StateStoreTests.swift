import Foundation
import Testing

@testable import RoostStore

/// The promises of `StateStore`, tested on each implementation.
@Suite struct StateStoreTests {
    @Test(arguments: Kind.allCases) func aNewStoreIsEmptyAtRevisionZero(_ kind: Kind) async throws {
        try await kind.with { store async throws in
            #expect(try await store.revision() == 0)
            #expect(try await store.list("").isEmpty)
            #expect(try await store.get("a") == nil)
        }
    }

    @Test(arguments: Kind.allCases) func aCommitIsOneRevisionForAllItsWrites(_ kind: Kind) async throws {
        try await kind.with { store async throws in
            #expect(try await store.commit([.put("a", "1"), .put("b", "2")]) == 1)
            #expect(try await store.commit([.put("b", "3")]) == 2)
            #expect(try await store.get("a") == StoredValue("a", "1", at: 1))
            #expect(try await store.get("b") == StoredValue("b", "3", at: 2))
            #expect(try await store.revision() == 2)
        }
    }

    struct Comparison: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let write: StoreWrite
        let isTaken: Bool

        /// Conditions against a store where `here` is at revision 2 and `gone` was there at revision 1.
        static let all = [
            Comparison("put at its revision", .put("here", "new", expecting: 2), true),
            Comparison("put at an older revision", .put("here", "new", expecting: 1), false),
            Comparison("put at a later revision", .put("here", "new", expecting: 3), false),
            Comparison("put where it must not exist", .put("here", "new", expecting: 0), false),
            Comparison("put whatever it is", .put("here", "new"), true),
            Comparison("put what was deleted, as new", .put("gone", "new", expecting: 0), true),
            Comparison("put what was deleted, at its old revision", .put("gone", "new", expecting: 1), false),
            Comparison("put what never was, as new", .put("never", "new", expecting: 0), true),
            Comparison("put what never was, at a revision", .put("never", "new", expecting: 2), false),
            Comparison("delete at its revision", .delete(key: "here", expecting: 2), true),
            Comparison("delete at an older revision", .delete(key: "here", expecting: 1), false),
            Comparison("delete whatever it is", .delete(key: "here", expecting: nil), true),
            Comparison("delete where it must not exist", .delete(key: "here", expecting: 0), false),
            Comparison("check at its revision", .check(key: "here", expecting: 2), true),
            Comparison("check at an older revision", .check(key: "here", expecting: 1), false),
            Comparison("check that it does not exist, and it does", .check(key: "here", expecting: 0), false),
            Comparison("check that what was deleted does not exist", .check(key: "gone", expecting: 0), true),
            Comparison("check that what never was exists", .check(key: "never", expecting: 2), false),
        ]

        init(_ description: String, _ write: StoreWrite, _ isTaken: Bool) {
            self.testDescription = description
            self.write = write
            self.isTaken = isTaken
        }
    }

    @Test(arguments: Kind.allCases, Comparison.all)
    func comparesBeforeItWrites(_ kind: Kind, _ comparison: Comparison) async throws {
        try await kind.with { store in
            try await store.commit([.put("here", "old"), .put("gone", "old")])
            try await store.commit([.put("here", "old"), .delete(key: "gone", expecting: nil)])
            let before = try await store.list("")
            let commit = [StoreWrite.put("beside", "x"), comparison.write]
            if comparison.isTaken {
                #expect(try await store.commit(commit) == 3)
                #expect(try await store.text("beside") == "x")
            } else {
                await #expect(throws: StoreError.conflict(key: comparison.write.key)) { try await store.commit(commit) }
                #expect(try await store.list("") == before)
                #expect(try await store.revision() == 2)
            }
        }
    }

    @Test(
        arguments: Kind.allCases,
        [[], [StoreWrite.delete(key: "never", expecting: nil)], [.check(key: "a", expecting: 1)]])
    func aCommitThatChangesNothingMakesNoRevision(_ kind: Kind, _ writes: [StoreWrite]) async throws {
        try await kind.with { store in
            try await store.commit([.put("a", "1")])
            #expect(try await store.commit(writes) == 1)
            #expect(try await store.commit([.put("a", "2")]) == 2)
        }
    }

    @Test(arguments: Kind.allCases) func listsByPrefixInByteOrder(_ kind: Kind) async throws {
        try await kind.with { store in
            let keys = ["s/b", "s/a", "s/B", "s", "s0", "s/a/1", "s/~", "r/z", "t", "s/a-", "s/%", "s/_"]
            try await store.commit(keys.map { .put($0, $0) })
            #expect(
                try await store.list("s/").map(\.key) == ["s/%", "s/B", "s/_", "s/a", "s/a-", "s/a/1", "s/b", "s/~"])
            #expect(try await store.list("s/a").map(\.key) == ["s/a", "s/a-", "s/a/1"])
            #expect(try await store.list("").map(\.key) == keys.sorted())
            #expect(try await store.list("u").isEmpty)
        }
    }

    @Test(arguments: Kind.allCases) func keepsEveryByteOfAValue(_ kind: Kind) async throws {
        try await kind.with { store in
            let all = Data((0...255).map { UInt8($0) })
            try await store.commit([
                .put(key: "all", value: all, expecting: 0), .put(key: "none", value: Data(), expecting: 0),
            ])
            #expect(try await store.get("all")?.value == all)
            #expect(try await store.get("none")?.value == Data())
        }
    }

    @Test(arguments: Kind.allCases, Refused.all)
    func refusesWhatNoStoreCouldTake(_ kind: Kind, _ refused: Refused) async throws {
        try await kind.with { store async throws in
            await #expect {
                try await store.commit(refused.writes)
            } throws: { error in
                guard case .unavailable(let reason) = error as? StoreError else { return false }
                return reason.contains(refused.reason)
            }
            #expect(try await store.revision() == 0)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let writes: [StoreWrite]
        let reason: String

        static let all = [
            Refused("no key", [.put("", "x")], "printable"),
            Refused("a key with a space", [.put("a b", "x")], "printable"),
            Refused("a key beyond ASCII", [.put("caf\u{e9}", "x")], "printable"),
            Refused("a long key", [.put(String(repeating: "k", count: 513), "x")], "printable"),
            Refused("a key twice", [.put("a", "x"), .delete(key: "a", expecting: nil)], "twice"),
            Refused("a key written and checked", [.put("a", "x"), .check(key: "a", expecting: 0)], "twice"),
            Refused("too many writes", (0...512).map { .put("k\($0)", "x") }, "513 writes"),
            Refused("too many bytes", [.put("a", String(repeating: "x", count: 1 << 20))], "1048577 bytes"),
        ]

        init(_ description: String, _ writes: [StoreWrite], _ reason: String) {
            testDescription = description
            self.writes = writes
            self.reason = reason
        }
    }

    @Test(arguments: Kind.allCases) func takesTheLargestCommit(_ kind: Kind) async throws {
        try await kind.with { store async throws in
            let writes = (0..<512).map { StoreWrite.put("key/\($0)", String(repeating: "x", count: 2_000)) }
            #expect(try await store.commit(writes) == 1)
            #expect(try await store.list("key/").count == 512)
        }
    }

    /// Eight writers each add one to the same number until each has done so 25 times.
    @Test(arguments: Kind.allCases) func noUpdateIsLostBetweenWriters(_ kind: Kind) async throws {
        try await kind.with { store in
            try await store.commit([.put("n", "0")])
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<25 { try await increment(in: store) } }
                }
                try await group.waitForAll()
            }
            #expect(try await store.text("n") == "200")
            #expect(try await store.revision() == 201)
        }
    }

    @Test(arguments: Kind.allCases) func aCommitOutlivesTheCancellationOfItsTask(_ kind: Kind) async throws {
        try await kind.with { store async throws in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.commit([.put("a", "1")])
            }
            #expect(try await task.value == 1)
            #expect(try await store.text("a") == "1")
        }
    }
}

/// Adds one to the number at `n`, and retries however often other writers are faster.
func increment(in store: any StateStore) async throws {
    while true {
        let old = try #require(try await store.get("n"))
        let number = try #require(Int(String(decoding: old.value, as: UTF8.self)))
        do throws(StoreError) {
            try await store.commit([.put("n", String(number + 1), expecting: old.revision)])
            return
        } catch {
            guard error == .conflict(key: "n") else { throw error }
        }
    }
}
