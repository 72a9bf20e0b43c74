import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// The files of a custom service's source that are sent.
@Suite struct SourceTests {
    @Test(arguments: [
        ("b", "a", true), ("../b", "x/a", true), ("../../b", "x/a", false), ("/etc/passwd", "a", false),
        ("x/../..", "a", false), ("..", "a", false), ("./b/../c", "a", true), ("..", "x/a", true),
    ])
    func aLinkThatLeadsOutIsToldFromItsText(target: String, path: String, stays: Bool) {
        #expect(SourceTree.staysInside(target, from: path) == stays)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "roost-source-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Nothing is there to be kept.
        try body(folder)
    }

    private func write(_ text: String, _ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    @Test func historyAndNotesAreLeftOut() throws {
        try withFolder { folder in
            for path in ["b/run", "a", ".git/config", ".roost/link.yml", "b/.git/x"] {
                try write("x", "\(folder)/\(path)")
            }
            #expect(try SourceTree(folder).paths == ["a", "b", "b/run"])
        }
    }

    @Test func equalSourcesMakeEqualArchives() throws {
        let caller = Caller(
            environment: ProcessInfo.processInfo.environment, directory: "/", userID: 0, userHome: "/",
            write: { _, _ in })
        var digests: [ContentDigest] = []
        for (index, text) in ["one", "one", "two"].enumerated() {
            try withFolder { folder in
                try write(text, "\(folder)/file")
                try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "file")
                let time = Date(timeIntervalSince1970: 1_700_000_000 + Double(index) * 1000)
                try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: "\(folder)/file")
                digests.append(try SourceArchive.make(of: folder, for: caller).digest)
            }
        }
        #expect(digests[0] == digests[1], "times are none of it")
        #expect(digests[0] != digests[2])
    }

    @Test func whatIsNoFileIsRefused() throws {
        try withFolder { folder in
            mkfifo("\(folder)/pipe", 0o600)
            #expect(throws: Problem.self) { try SourceTree(folder) }
        }
        try withFolder { folder in
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/out", withDestinationPath: "/etc/passwd")
            #expect(throws: Problem.self) { try SourceTree(folder) }
        }
        #expect(throws: Problem.self) { try SourceTree("/no/such/folder") }
    }
}
