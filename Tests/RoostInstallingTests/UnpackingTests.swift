import Foundation
import Glibc
import RoostHost
import RoostModel
import Testing

@testable import RoostInstalling

@Suite struct UnpackingTests {
    /// Real archives of the machine's own tar, in each form and compression.
    @Test(arguments: ["gnu", "pax", "ustar"], ["gz", "xz", "zst", "tar"])
    func takesEveryFormOfArchive(format: String, compression: String) async throws {
        try await WorkFolder.with { folder in
            let long = String(repeating: "n", count: 90)
            try WorkFolder.run(
                "/bin/sh",
                [
                    "-ec",
                    """
                    mkdir -p in/bin in/share/\(long); cd in
                    echo program > bin/mysqld; chmod 755 bin/mysqld; ln bin/mysqld bin/twin; ln -s mysqld bin/mysqld-link
                    head -c 300000 /dev/zero | tr '\\0' 'x' > share/\(long)/\(long)
                    cd ..; tar --format=\(format) -cf a.tar in
                    case \(compression) in gz) gzip a.tar;; xz) xz a.tar;; zst) zstd -q a.tar;; esac
                    """,
                ], in: folder.path)
            // The format is told by the content, whatever the name says.
            let file = compression == "tar" ? "a.tar" : "a.tar.\(compression)"
            try WorkFolder.run("/bin/mv", [file, "archive.bin"], in: folder.path)
            let source = try Source.look(at: "\(folder.path)/archive.bin")
            let unpacking = Unpacking(source: source, user: WorkFolder.user, limits: .init(), stop: StopSign())
            #expect(try unpacking.measure().bytes == 300_000 + 2 * 8)
            let tree = try folder.makeFolder("tree")
            try unpacking.unpack(into: tree, programName: "mysqld")
            try WorkFolder.run("/usr/bin/diff", ["-r", "in", "tree/in"], in: folder.path)
            let files = FileManager.default
            #expect(try files.destinationOfSymbolicLink(atPath: "\(tree)/in/bin/mysqld-link") == "mysqld")
            #expect(files.isExecutableFile(atPath: "\(tree)/in/bin/twin"))
            let found = try TreeWalk.check(tree)
            #expect(found.allSatisfy { $0.entry.mode & 0o022 == 0 || $0.entry.kind != .file })
        }
    }

    /// A reader that stops early leaves no program running, and a program that reports a cut-off input is believed.
    @Test func aProgramEndsWithItsStream() async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run(
                "/bin/sh", ["-ec", "head -c 50000000 /dev/zero | gzip > a.gz; head -c 20000 a.gz > cut.gz"],
                in: folder.path)
            func stream(_ name: String) throws -> ArchiveStream {
                try ArchiveStream(
                    Source.look(at: "\(folder.path)/\(name)"), .gzip, user: WorkFolder.user, stop: StopSign())
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
            defer { buffer.deallocate() }
            var whole: ArchiveStream? = try stream("a.gz")
            #expect(try whole?.read(buffer) ?? 0 > 0)
            let program = try #require(whole?.program)
            whole = nil
            switch program.wait(.seconds(30)) {
            case .success(let end): #expect(end.status == .signalled(SIGPIPE))
            case .failure(let failure): #expect(failure == .cancelled)
            }
            let cut = try stream("cut.gz")
            #expect { while try cut.read(buffer) > 0 {} } throws: { "\($0)".contains("unexpected end of file") }
        }
    }

    @Test func saysWhatAFileIsByItsFirstBytes() {
        #expect(Source.kind(ofBeginning: [0x1f, 0x8b, 8]) == .archive(.gzip))
        #expect(Source.kind(ofBeginning: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]) == .archive(.xz))
        #expect(Source.kind(ofBeginning: [0x28, 0xb5, 0x2f, 0xfd]) == .archive(.zstd))
        #expect(Source.kind(ofBeginning: [0x7f, 0x45, 0x4c, 0x46, 2]) == .program)
        #expect(Source.kind(ofBeginning: Array("PK\u{3}\u{4}".utf8)) == nil)
        #expect(Source.kind(ofBeginning: []) == nil)
    }

    @Test(arguments: ["gz", "xz", "zst"])
    func saysThatAnArchiveIsCutOff(compression: String) async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run(
                "/bin/sh",
                [
                    "-ec",
                    """
                    head -c 400000 /dev/urandom > x; tar -cf a.tar x
                    case \(compression) in gz) gzip a.tar;; xz) xz a.tar;; zst) zstd -q --rm a.tar;; esac
                    head -c 100000 a.tar.\(compression) > cut
                    """,
                ], in: folder.path)
            let unpacking = Unpacking(
                source: try Source.look(at: "\(folder.path)/cut"), user: WorkFolder.user, limits: .init(),
                stop: StopSign())
            let words = refusal { () throws(InstallError) in try unpacking.measure() }
            #expect(words?.hasPrefix("the archive is damaged") == true, "\(words ?? "taken")")
        }
    }

    @Test func neverBreaksOnRandomBytes() throws {
        var generator = SystemRandomNumberGenerator()
        let good = TarBuilder.make { builder in
            builder.pax("path", "bin/long")
            builder.add("bin/x", mode: 0o755, body: "program")
            builder.add("lib/l", flag: "2", link: "../bin/x")
        }
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            var offset = 0
            var reader = TarReader { (buffer) throws(InstallError) in
                let part = bytes[min(offset, bytes.count)...].prefix(buffer.count)
                buffer.copyBytes(from: part)
                offset += part.count
                return part.count
            }
            var rules = TreeRules()
            // The archive is refused or read, and never yields more than it holds.
            do throws(InstallError) {
                while let entry = try reader.next() {
                    if let admitted = try rules.admit(entry) {
                        #expect(!admitted.path.split(separator: "/").contains(".."))
                    }
                }
            } catch {}
        }
    }
}
