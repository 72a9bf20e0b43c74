import Foundation
import Glibc
import Testing

@testable import RoostSecrets

/// The key's file.
@Suite struct HomeKeyTests {
    @Test func isMadeOnceForItsOwnerAlone() throws {
        try Folder.with { folder in
            let key = try HomeKey.loadOrMake(path: folder.key)
            #expect(try mode(folder.key) == 0o600)
            let content = try bytes(folder.key)
            #expect(content.count == 32)
            #expect(try folder.names == ["home.key"])

            let again = try HomeKey.loadOrMake(path: folder.key)
            #expect(try bytes(folder.key) == content)
            #expect(try again.open(key.seal("text", context: "c"), context: "c") == "text")
            #expect(try HomeKey.load(path: folder.key).open(key.seal("text", context: "c"), context: "c") == "text")
        }
    }

    @Test func twoHomesHaveTwoKeys() throws {
        try Folder.with { folder in
            _ = try HomeKey.loadOrMake(path: folder.path + "/a")
            _ = try HomeKey.loadOrMake(path: folder.path + "/b")
            #expect(try bytes(folder.path + "/a") != bytes(folder.path + "/b"))
        }
    }

    /// The daemon has the key in memory; without the file no later daemon could read a secret.
    @Test func isPutBackWhereItsFileWasRemovedAndNowhereElse() throws {
        try Folder.with { folder in
            let key = try HomeKey.loadOrMake(path: folder.key)
            let content = try bytes(folder.key)
            #expect(try !key.putBack(path: folder.key))
            unlink(folder.key)
            #expect(try key.putBack(path: folder.key))
            #expect(try bytes(folder.key) == content)
            #expect(try mode(folder.key) == 0o600)
            let other = try HomeKey.loadOrMake(path: folder.path + "/other")
            #expect(try !other.putBack(path: folder.key))
            #expect(try bytes(folder.key) == content)
        }
    }

    @Test func isNotMadeByLoading() throws {
        try Folder.with { folder throws in
            #expect(throws: SecretsError.missing(path: folder.key)) { try HomeKey.load(path: folder.key) }
            #expect(try folder.names.isEmpty)
        }
    }

    @Test func aFileThatIsThereIsNeverReplaced() throws {
        try Folder.with { folder throws in
            let content = Data("first".utf8)
            #expect(try PrivateFile.publish(content, at: folder.key, mode: 0o600))
            #expect(try !PrivateFile.publish(Data("second".utf8), at: folder.key, mode: 0o600))
            #expect(try bytes(folder.key) == content)
            #expect(try folder.names == ["home.key"])
        }
    }

    @Test func makersAtTheSameTimeGetTheSameKey() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-key-\(UUID())").path
        defer { unlink(path) }
        let seals = try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { try HomeKey.loadOrMake(path: path).seal("text", context: "c") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let key = try HomeKey.load(path: path)
        for sealed in seals { #expect(try key.open(sealed, context: "c") == "text") }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777] as [mode_t])
    func refusesAFileThatOthersReach(_ wide: mode_t) throws {
        try Folder.with { folder in
            let content = Data(repeating: 7, count: 32)
            try folder.write(content, "home.key", mode: wide)
            #expect { try HomeKey.loadOrMake(path: folder.key) } throws: { isExposed($0) }
            #expect { try HomeKey.load(path: folder.key) } throws: { isExposed($0) }
            #expect(try bytes(folder.key) == content)
            #expect(try mode(folder.key) == Int(wide))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
    func refusesAnothersFile() throws {
        try Folder.with { folder in
            try folder.write(Data(repeating: 7, count: 32), "home.key", mode: 0o600)
            try #require(chown(folder.key, 12_345, 12_345) == 0)
            #expect { try HomeKey.loadOrMake(path: folder.key) } throws: { isExposed($0) }
        }
    }

    @Test(arguments: ["link", "dangling link", "folder", "pipe"]) func refusesWhatIsNoPlainFile(_ kind: String) throws {
        try Folder.with { folder in
            let target = folder.path + "/target"
            switch kind {
            case "link":
                _ = try HomeKey.loadOrMake(path: target)
                try #require(symlink(target, folder.key) == 0)
            case "dangling link": try #require(symlink(target, folder.key) == 0)
            case "folder": try #require(mkdir(folder.key, 0o700) == 0)
            default: try #require(mkfifo(folder.key, 0o600) == 0)
            }
            #expect { try HomeKey.loadOrMake(path: folder.key) } throws: { isExposed($0) }
            #expect(FileManager.default.fileExists(atPath: target) == (kind == "link"))
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64, 100_000]) func refusesAKeyOfAnotherLength(_ length: Int) throws {
        try Folder.with { folder in
            let content = Data(repeating: 7, count: length)
            try folder.write(content, "home.key", mode: 0o600)
            #expect { try HomeKey.loadOrMake(path: folder.key) } throws: { isMalformed($0) }
            #expect(try bytes(folder.key) == content)
        }
    }

    @Test(arguments: ["/nowhere/at/all/home.key", "/proc/home.key"])
    func saysWhereNoFileCanBe(_ path: String) throws {
        #expect { try HomeKey.loadOrMake(path: path) } throws: { isUnavailable($0) }
    }
}
