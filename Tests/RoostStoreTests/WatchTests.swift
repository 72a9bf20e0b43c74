import Foundation
import Testing

@testable import RoostStore

/// The changes that a watcher gets, tested on each implementation.
@Suite struct WatchTests {
    @Test(arguments: Kind.allCases) func tellsEveryChangeSinceARevisionInOrder(_ kind: Kind) async throws {
        try await kind.with { store in
            try await store.commit([.put("s/a", "1"), .put("other", "x")])
            try await store.commit([.put("s/b", "2"), .put("s/a", "3")])
            try await store.commit([.delete(key: "s/b", expecting: nil)])
            let changes = try await first(4, of: store.watch("s/", from: 0))
            #expect(
                changes == [
                    .put(StoredValue("s/a", "1", at: 1)), .put(StoredValue("s/b", "2", at: 2)),
                    .put(StoredValue("s/a", "3", at: 2)), .deleted(key: "s/b", revision: 3),
                ])
            #expect(try await first(1, of: store.watch("s/", from: 2)) == [.deleted(key: "s/b", revision: 3)])
        }
    }

    @Test(arguments: Kind.allCases) func waitsForChangesYetToCome(_ kind: Kind) async throws {
        try await kind.with { store in
            try await store.commit([.put("s/old", "x")])
            let stream = store.watch("s/", from: 1)
            async let changes = first(2, of: stream)
            try await store.commit([.put("elsewhere", "x")])
            try await store.commit([.put("s/a", "1")])
            try await store.commit([.put("s/b", "2")])
            #expect(
                try await changes == [.put(StoredValue("s/a", "1", at: 3)), .put(StoredValue("s/b", "2", at: 4))])
        }
    }

    @Test(arguments: Kind.allCases) func losesNothingUnderConcurrentCommits(_ kind: Kind) async throws {
        try await kind.with { store in
            async let seen = first(300, of: store.watch("n/", from: 0))
            try await withThrowingTaskGroup { group in
                for writer in 0..<3 {
                    group.addTask { for n in 0..<100 { try await store.commit([.put("n/\(writer)/\(n)", "x")]) } }
                }
                try await group.waitForAll()
            }
            #expect(try await seen.map(\.revision) == Array(1...300))
        }
    }

    /// A few commits hold more changes than one batch.
    @Test(arguments: Kind.allCases) func cutsItsReadingBetweenCommits(_ kind: Kind) async throws {
        try await kind.with { store in
            for round in 0..<4 {
                try await store.commit((0..<200).map { .put(String(format: "k/%03d", $0), "\(round)") })
            }
            let changes = try await first(800, of: store.watch("k/", from: 0))
            #expect(changes.map(\.revision) == (1...4).flatMap { Array(repeating: Int64($0), count: 200) })
            #expect(changes.map(\.key) == (0..<4).flatMap { _ in (0..<200).map { String(format: "k/%03d", $0) } })
        }
    }

    @Test(arguments: Kind.allCases) func endsWithItsTask(_ kind: Kind) async throws {
        try await kind.with { store async throws in
            let stream = store.watch("", from: 0)
            let reader = Task {
                var seen: [StoreChange] = []
                for try await change in stream { seen.append(change) }
                return seen
            }
            reader.cancel()
            #expect(try await reader.value.isEmpty)
        }
    }

    /// The task is cancelled before, between and during waits.
    @Test func waitingEndsWithItsTask() async {
        let signal = CommitSignal(7)
        await withTaskGroup { group in
            group.addTask {
                withUnsafeCurrentTask { $0?.cancel() }
                await signal.wait(beyond: 7)
            }
            for _ in 0..<200 { group.addTask { await signal.wait(beyond: 7) } }
            await group.next()
            group.cancelAll()
        }
    }

    @Test func waitingEndsWithANewerRevisionAndWithTheStore() async {
        let signal = CommitSignal(7)
        await signal.wait(beyond: 6)
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await signal.wait(beyond: 7) } }
            signal.advance(to: 8)
        }
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await signal.wait(beyond: 8) } }
            signal.close()
        }
        await signal.wait(beyond: 99)
    }

    @Test(arguments: Kind.allCases) func forgetsTheOldestCommitsBeyondTheirNumber(_ kind: Kind) async throws {
        var limits = StoreLimits()
        limits.commitsKept = 3
        try await kind.with(limits: limits) { store in
            for n in 1...5 { try await store.commit([.put("a", "\(n)"), .put("b", "\(n)")]) }
            #expect(try await first(6, of: store.watch("", from: 2)).map(\.revision) == [3, 3, 4, 4, 5, 5])
            await #expect(throws: StoreError.compacted) { try await first(1, of: store.watch("", from: 1)) }
            #expect(try await store.text("a") == "5")
        }
    }

    @Test(arguments: Kind.allCases) func forgetsTheOldestCommitsBeyondTheirSize(_ kind: Kind) async throws {
        var limits = StoreLimits()
        limits.bytesKept = 250
        try await kind.with(limits: limits) { store in
            let value = String(repeating: "x", count: 99)
            for _ in 1...4 { try await store.commit([.put("a", value)]) }
            #expect(try await first(2, of: store.watch("", from: 2)).map(\.revision) == [3, 4])
            await #expect(throws: StoreError.compacted) { try await first(1, of: store.watch("", from: 1)) }
            // A commit that is larger than the whole history limit is kept alone.
            try await store.commit([.put("a", String(repeating: "x", count: 1_000))])
            #expect(try await first(1, of: store.watch("", from: 4)).map(\.revision) == [5])
            await #expect(throws: StoreError.compacted) { try await first(1, of: store.watch("", from: 3)) }
            // The count is right afterwards: two small commits fit again.
            try await store.commit([.put("a", value)])
            try await store.commit([.delete(key: "a", expecting: nil)])
            #expect(try await first(2, of: store.watch("", from: 5)).map(\.revision) == [6, 7])
        }
    }

    @Test(arguments: Kind.allCases) func aWatcherLeftBehindIsTold(_ kind: Kind) async throws {
        var limits = StoreLimits()
        limits.commitsKept = 2
        try await kind.with(limits: limits) { store in
            try await store.commit([.put("a", "0")])
            var seen: [Int64] = []
            var end: (any Error)?
            do {
                for try await change in store.watch("", from: 0) {
                    seen.append(change.revision)
                    for n in 1...4 { try await store.commit([.put("a", "\(n)")]) }
                }
            } catch {
                end = error
            }
            #expect(end as? StoreError == .compacted)
            #expect(seen == [1])
        }
    }

    /// A reader's revision from before the store was lost says nothing of the new one.
    @Test(arguments: Kind.allCases, [Int64(2), 99, -1])
    func aRevisionOfAnotherLifeMustListAgain(_ kind: Kind, _ revision: Int64) async throws {
        try await kind.with { store in
            try await store.commit([.put("a", "1")])
            await #expect(throws: StoreError.compacted) { try await first(1, of: store.watch("", from: revision)) }
        }
    }
}

func first(
    _ count: Int, of stream: AsyncThrowingStream<StoreChange, any Error>
) async throws -> [StoreChange] {
    var changes: [StoreChange] = []
    for try await change in stream {
        changes.append(change)
        if changes.count == count { break }
    }
    return changes
}
