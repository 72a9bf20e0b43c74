import Foundation
import Glibc
import Testing

@testable import RoostStore

/// Stores that a fault has cut or damaged: acknowledged commits are there, or the file is refused and left alone.
@Suite struct DamageTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let harm: @Sendable (String) throws -> Void

        init(_ description: String, _ harm: @escaping @Sendable (String) throws -> Void) {
            testDescription = description
            self.harm = harm
        }

        static let all = [
            Damage("noise over the header") { try overwrite($0, at: 0, with: noise(100)) },
            Damage("noise over the first page's content") { try overwrite($0, at: 100, with: noise(3_996)) },
            Damage("noise over every later page") { path in
                let size = try bytes(path).count
                try overwrite(path, at: 4_096, with: noise(size - 4_096))
            },
            Damage("noise over one page") { try overwrite($0, at: 2 * 4_096, with: noise(4_096)) },
            Damage("zeros over one page") { try overwrite($0, at: 2 * 4_096, with: Data(count: 4_096)) },
            Damage("cut to nothing") { truncate($0, 0) },
            Damage("cut within the header") { truncate($0, 50) },
            Damage("cut within a page") { truncate($0, 4_096 * 3 + 17) },
            Damage("a text file") { try Data("services: {}\n".utf8).write(to: URL(filePath: $0)) },
            Damage("only its log left") { path in
                try Data("log".utf8).write(to: URL(filePath: path + "-wal"))
                unlink(path)
            },
        ]

        /// The bytes are the same at every run.
        static func noise(_ count: Int) -> Data {
            var state: UInt64 = 0x2545_f491_4f6c_dd1d
            return Data(
                (0..<count).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return UInt8(truncatingIfNeeded: state)
                })
        }
    }

    @Test(arguments: Damage.all) func refusesADamagedStoreAndLeavesItAsItIs(_ damage: Damage) async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            for n in 0..<40 { try await store.commit([.put("key/\(n)", String(repeating: "x", count: 1_000))]) }
            store.close()
            try damage.harm(folder.store)
            let before = try? bytes(folder.store)
            #expect { try SQLiteStore.open(path: folder.store, options: .small) } throws: {
                isCorrupt($0, folder.store)
            }
            #expect((try? bytes(folder.store)) == before)
        }
    }

    @Test func refusesAnotherProgramsDatabase() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            store.close()
            // The application id: https://sqlite.org/fileformat.html#application_id
            try overwrite(folder.store, at: 68, with: Data([0, 0, 0, 1]))
            #expect { try SQLiteStore.open(path: folder.store, options: .small) } throws: {
                isCorrupt($0, folder.store)
            }
        }
    }

    @Test func noticesDamageUnderAnOpenStore() async throws {
        try await Folder.with { folder in
            let writer = try SQLiteStore.open(path: folder.store, options: .small)
            for n in 0..<40 { try await writer.commit([.put("key/\(n)", String(repeating: "x", count: 1_000))]) }
            writer.close()
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            let size = try bytes(folder.store).count
            try overwrite(folder.store, at: 4_096, with: Damage.noise(size - 4_096))
            #expect { try store.checkIntegrity() } throws: { isCorrupt($0, folder.store) }
            await #expect { try await store.backUp(to: folder.copy) } throws: { isCorrupt($0, folder.store) }
            #expect(try !folder.names.contains { $0.hasPrefix("store.copy") })
        }
    }

    /// The log is cut anywhere, as by a crash or a power failure. The rest is a whole number of commits.
    @Test func aLogCutAnywhereLeavesWholeCommits() async throws {
        try await Folder.with { folder in
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            for n in 1...12 { try await store.commit([.put("a", "\(n)"), .put("b", "\(n)")]) }
            let file = try bytes(folder.store)
            let log = try bytes(folder.store + "-wal")
            store.close()
            #expect(log.count > 12 * 4_096)

            var seen: Set<Int64> = []
            for length in stride(from: 0, through: log.count, by: 5_003).map({ $0 }) + [log.count] {
                let path = folder.path + "/cut-\(length)"
                try file.write(to: URL(filePath: path))
                try log.prefix(length).write(to: URL(filePath: path + "-wal"))
                // A log cut before its first commit leaves the file as it was when the store was made.
                let cut = try SQLiteStore.open(path: path, options: .small)
                defer { cut.close() }
                let revision = try await cut.revision()
                let text = revision == 0 ? nil : String(revision)
                #expect(try await cut.text("a") == text)
                #expect(try await cut.text("b") == text)
                seen.insert(revision)
            }
            #expect(seen == Set(0...12))
        }
    }

    /// A child commits numbered values and reports each one afterwards; it is killed in the middle.
    @Test func keepsWhatWasAcknowledgedBeforeAKill() async throws {
        try await Folder.with { folder in
            let path = folder.store
            let acknowledgements = folder.path + "/acknowledged"
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, acknowledgements = acknowledgements as String] in
                let store = try SQLiteStore.open(path: path, options: .small)
                let log = open(acknowledgements, O_WRONLY | O_CREAT | O_APPEND, 0o600)
                try await withThrowingTaskGroup { group in
                    for writer in 0..<4 {
                        group.addTask {
                            for n in 1... {
                                let revision = try await store.commit([
                                    .put("w\(writer)", "\(n)"), .put("twin/w\(writer)", "\(n)"),
                                ])
                                let line = Array("\(writer) \(n)\n".utf8)
                                write(log, line, line.count)
                                // The other writers are in the middle of a commit.
                                if revision == 150 { kill(getpid(), SIGKILL) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            var acknowledged: [Int: Int] = [:]
            for line in try String(decoding: bytes(acknowledgements), as: UTF8.self).split(separator: "\n") {
                let numbers = line.split(separator: " ").compactMap { Int($0) }
                acknowledged[numbers[0]] = numbers[1]
            }
            #expect(acknowledged.values.reduce(0, +) >= 100)

            let store = try SQLiteStore.open(path: path, options: .small)
            defer { store.close() }
            try store.checkIntegrity()
            var total: Int64 = 0
            for (writer, last) in acknowledged {
                let text = try #require(try await store.text("w\(writer)"))
                let stored = try #require(Int(text))
                // A further value may have been committed and not yet acknowledged.
                #expect((last...last + 1).contains(stored))
                #expect(try await store.text("twin/w\(writer)") == text)
                total += Int64(stored)
            }
            #expect(try await store.revision() == total)
        }
    }

    /// The last time only the log is left of it.
    @Test func setsAnUnreadableStoreAsideAndStartsAnew() async throws {
        try await Folder.with { folder in
            #expect(try SQLiteStore.setAside(path: folder.store) == nil)
            for (number, parts) in [(1, ["", "-wal"]), (2, [""]), (3, ["-wal"])] {
                for part in parts {
                    try Data("damaged \(number)\(part)".utf8).write(to: URL(filePath: folder.store + part))
                }
                let aside = try #require(try SQLiteStore.setAside(path: folder.store))
                #expect(aside == folder.store + ".unreadable-\(number)")
                for part in parts { #expect(try bytes(aside + part) == Data("damaged \(number)\(part)".utf8)) }
            }
            let store = try SQLiteStore.open(path: folder.store, options: .small)
            defer { store.close() }
            #expect(try await store.revision() == 0)
        }
    }
}
