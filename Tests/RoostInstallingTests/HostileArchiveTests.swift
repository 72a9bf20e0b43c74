import Foundation
import RoostModel
import Testing

@testable import RoostInstalling

/// An archive made to reach out of the tree, to fill the disk, or to be listed otherwise than it is unpacked.
struct HostileArchive: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// Part of the message that the archive is refused with.
    let message: String
    var testDescription: String { name }

    init(_ name: String, _ message: String, _ entries: (inout TarBuilder) -> Void) {
        self.name = name
        self.message = message
        bytes = TarBuilder.make(entries)
    }

    static let all = [
        HostileArchive("an absolute path", "is an absolute path") { $0.add("/etc/cron.d/x", body: "x") },
        HostileArchive("a path that climbs", "leaves its folder with") { $0.add("bin/../../../etc/passwd", body: "x") },
        HostileArchive("a link to an absolute path", "links to the absolute path '/etc'") {
            $0.add("lib", flag: "2", link: "/etc")
        },
        HostileArchive("a link that leads out", "links to '../../etc', which is outside the tree") {
            $0.add("lib/x", flag: "2", link: "../../etc")
        },
        HostileArchive("a link that climbs behind a name", "which has '..' after a name") {
            $0.add("a/b/up", flag: "2", link: "..")
            $0.add("out", flag: "2", link: "a/b/up/../../..")
        },
        HostileArchive("a file through a link", "is below 'data', which is not a folder") {
            $0.add("data", flag: "2", link: "bin")
            $0.add("data/x", body: "x")
        },
        HostileArchive("a folder in a link's place", "appears twice") {
            $0.add("data", flag: "2", link: "bin")
            $0.add("data/", flag: "5", mode: 0o755)
        },
        HostileArchive("a hard link out of the tree", "outside the tree") {
            $0.add("passwd", flag: "1", link: "../../etc/passwd")
        },
        HostileArchive("a hard link to what is not there", "which is not an earlier file") {
            $0.add("passwd", flag: "1", link: "later")
            $0.add("later", body: "x")
        },
        HostileArchive("a hard link to a symbolic link", "which is not an earlier file") {
            $0.add("a", flag: "2", link: "b")
            $0.add("c", flag: "1", link: "a")
        },
        HostileArchive("a device", "is a device") { $0.add("sda", flag: "4", mode: 0o666) },
        HostileArchive("a named pipe", "is a named pipe") { $0.add("pipe", flag: "6") },
        HostileArchive("a set-user-id program", "set-user-id") { $0.add("bin/su", mode: 0o4755, body: "x") },
        HostileArchive("a set-group-id program", "set-group-id") { $0.add("bin/su", mode: 0o2755, body: "x") },
        HostileArchive("a file twice", "appears twice") {
            $0.add("bin/mysqld", body: "good")
            $0.add("bin/./mysqld", body: "bad")
        },
        HostileArchive("names that differ in capitals", "only in letter case") {
            $0.add("bin/mysqld", body: "good")
            $0.add("BIN/mysqld", body: "bad")
        },
        HostileArchive("control characters", "control characters in its name") { $0.add("bin/\u{1b}[2Jx", body: "x") },
        HostileArchive("a name that turns the writing around", "control characters in its name") {
            $0.add("bin/\u{202e}gpj.exe", body: "x")
        },
        HostileArchive("a name that is no text", "not valid UTF-8") { $0.add([0x62, 0xff, 0xfe], body: [1]) },
        HostileArchive("a zero in a pax name", "control characters in its name") {
            $0.pax("path", "bin/a\0b")
            $0.add("short", body: "x")
        },
        HostileArchive("a path in a pax header that climbs", "leaves its folder with") {
            $0.pax("path", "../x")
            $0.add("harmless", body: "x")
        },
        HostileArchive("a link in a pax header that leads out", "outside the tree") {
            $0.pax("linkpath", "../../etc")
            $0.add("harmless", flag: "2", link: "bin")
        },
        HostileArchive("a size in a pax header", "overrides an entry's size") {
            $0.pax("size", "1024")
            $0.add("x", body: "x")
        },
        HostileArchive("a path for all in a global header", "declares a 'path' for every entry") {
            $0.pax("path", "../x", flag: "g")
            $0.add("x", body: "x")
        },
        HostileArchive("GNU's sparse file", "is a sparse file") { $0.add("big", flag: "S") },
        HostileArchive("pax's sparse file", "is a sparse file") {
            $0.pax("GNU.sparse.realsize", "99999999999")
            $0.add("big", body: "x")
        },
        HostileArchive("a volume of several", "of an unsupported kind") { $0.add("part", flag: "M") },
        HostileArchive("a link with content", "declares 600 bytes") {
            $0.add(Array("l".utf8), flag: "2", link: Array("bin".utf8), claimed: 600)
            $0.add("hidden/../../x", body: "x")
        },
        HostileArchive("nested too deep", "is nested too deep") {
            $0.add(String(repeating: "d/", count: 30) + "x", body: "x")
        },
        HostileArchive("too long a name", "a name that is too long") {
            $0.pax("path", "bin/" + String(repeating: "n", count: 300))
            $0.add("x", body: "x")
        },
        HostileArchive("too many entries", "exceeds the limit of 40 entries") { builder in
            for number in 0..<50 { builder.add("f\(number)", body: "x") }
        },
        HostileArchive("more than may be unpacked", "exceeds the limit of 1M unpacked") {
            $0.add(Array("bomb".utf8), body: [UInt8](repeating: 0, count: 2 << 20))
        },
        HostileArchive("links that multiply one file", "exceeds the limit of 1M unpacked") { builder in
            builder.add(Array("a".utf8), body: [UInt8](repeating: 0, count: 300 << 10))
            for number in 0..<5 { builder.add("l\(number)", flag: "1", link: "a") }
        },
        HostileArchive("a body that is cut off", "it is truncated") {
            $0.add(Array("x".utf8), body: Array("x".utf8), claimed: 700 << 10)
        },
        HostileArchive("a long extended header", "longer than") {
            $0.pax("comment", String(repeating: "c", count: 70 << 10))
            $0.add("x", body: "x")
        },
        HostileArchive("nothing in it", "it is empty") { _ in },
    ]
}

@Suite struct HostileArchiveTests {
    static let limits: TreeRules.Limits = {
        var limits = TreeRules.Limits()
        limits.entries = 40
        limits.total = .mebibytes(1)
        return limits
    }()

    @Test(arguments: HostileArchive.all)
    func isRefusedBeforeAnythingIsWritten(_ archive: HostileArchive) async throws {
        try await WorkFolder.with { folder in
            let tar = try folder.write(archive.bytes, to: "a.tar")
            try WorkFolder.run("/usr/bin/gzip", ["-f", tar])
            let source = try Source.look(at: "\(tar).gz")
            let unpacking = Unpacking(source: source, user: WorkFolder.user, limits: Self.limits, stop: StopSign())
            let measured = refusal { () throws(InstallError) in try unpacking.measure() }
            #expect(measured?.contains(archive.message) == true, "\(measured ?? "taken")")
            // A file that was changed after it was measured is refused as well, where it is unpacked.
            let tree = try folder.makeFolder("tree")
            let unpacked = refusal { () throws(InstallError) in
                try unpacking.unpack(into: tree, programName: "mysqld")
            }
            #expect(unpacked == measured || archive.message.contains("it is empty"))
            let beside = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(beside.sorted() == ["a.tar.gz", "tree"], "\(beside)")
        }
    }

    /// `engine add` as a whole refuses the archive for the same reason, and leaves nothing of it.
    @Test(arguments: HostileArchive.all)
    func leavesNothingInTheHome(_ archive: HostileArchive) async throws {
        try await WorkFolder.with { folder in
            let tar = try folder.write(archive.bytes, to: "a.tar")
            try WorkFolder.run("/usr/bin/gzip", ["-f", tar])
            let bench = try AddingTests.Bench(folder)
            let words = try await bench.refusal("\(tar).gz", limits: Self.limits)
            #expect(words.contains(archive.message), "\(words)")
            #expect(try bench.standing.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.engines)/.work").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.tar.gz", "home"])
        }
    }

    @Test func theMessagesDoNotObeyTheArchive() throws {
        let shown = TreeRules.shown(Array("a\u{1b}[2J\u{202e}\nb".utf8))
        #expect(shown == "a?[2J??b")
        #expect(TreeRules.shown([UInt8](repeating: 65, count: 5000)).count == 200)
    }
}

@Suite struct HostileFolderTests {
    /// The same rules hold for a folder: content that a build does not need is refused, and nothing of it is copied.
    @Test(arguments: [
        ("ln -s /etc/passwd bin/x", "links to the absolute path"),
        ("ln -s ../../../etc bin/x", "outside the tree"),
        ("mkfifo bin/x", "is a named pipe"), ("cp /bin/true bin/x; chmod u+s bin/x", "set-user-id"),
        ("touch bin/X bin/x", "only in letter case"), ("touch \"bin/$(printf 'a\\nb')\"", "control characters"),
    ])
    func isRefused(script: String, message: String) async throws {
        try await WorkFolder.with { folder in
            let tree = try folder.makeFolder("in/bin")
            let source = try Source.look(at: (tree as NSString).deletingLastPathComponent)
            try WorkFolder.run("/bin/sh", ["-ec", script], in: source.path)
            let unpacking = Unpacking(source: source, user: WorkFolder.user, limits: .init(), stop: StopSign())
            let words = refusal { () throws(InstallError) in try unpacking.measure() }
            #expect(words?.contains(message) == true, "\(words ?? "taken")")
        }
    }

    @Test func doesNotFollowAFolderThatIsReplacedByALink() async throws {
        try await WorkFolder.with { folder in
            let source = try folder.makeFolder("in/bin")
            try WorkFolder.run("/bin/sh", ["-ec", "echo 1 > bin/mysqld; ln -s bin lib"], in: "\(folder.path)/in")
            let unpacking = Unpacking(
                source: try Source.look(at: "\(folder.path)/in"), user: WorkFolder.user, limits: .init(),
                stop: StopSign())
            _ = try unpacking.measure()
            // The file changes between the two checks.
            try WorkFolder.run(
                "/bin/sh", ["-ec", "rm -r bin; ln -s /etc bin"], in: (source as NSString).deletingLastPathComponent)
            let tree = try folder.makeFolder("tree")
            let words = refusal { () throws(InstallError) in
                try unpacking.unpack(into: tree, programName: "mysqld")
            }
            #expect(words?.contains("links to the absolute path '/etc'") == true, "\(words ?? "taken")")
        }
    }
}
