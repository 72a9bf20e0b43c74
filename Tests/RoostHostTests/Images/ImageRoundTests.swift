import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// The rounds alone, with known changes between them; no writer is active during a round.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: MountNamespace.hasXFS, "needs root and mkfs.xfs"))
struct ImageRoundTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The change: a script that is run in the source folder.
        let script: String

        init(_ description: String, _ script: String) {
            testDescription = description
            self.script = script
        }
    }

    /// `big` has 300 blocks, `next` as many, `tiny` 100 bytes, `gaps` blocks and holes in turn.
    static let changes = [
        Change("nothing", ":"),
        Change("first block", "put big 0 1"),
        Change("some blocks", "put big 7 1; put big 100 3; put next 299 1"),
        Change(
            "direct I/O",
            "head -c 8192 /dev/urandom > ../new; dd if=../new of=big bs=4096 seek=9 oflag=direct conv=notrunc status=none"
        ),
        Change("two files change names", "mv big x; mv next big; mv x next"),
        Change("change of names and content", "mv big x; mv next big; mv x next; put big 5 1; put next 9 1"),
        Change("new over old", "head -c 1200000 /dev/urandom > x; mv x big"),
        Change("removed", "rm big tiny"),
        Change("a folder with files", "mkdir -p a/b; cp big a/b/; echo x > a/y; mv next a/"),
        Change("a folder becomes a file", "rm -r mysql; echo x > mysql"),
        Change("grown", "head -c 100000 /dev/urandom >> big; head -c 10 /dev/urandom >> next"),
        Change("tiny becomes large", "head -c 900000 /dev/urandom >> tiny"),
        Change("large becomes tiny", "truncate -s 90 big; truncate -s 0 next"),
        Change("cut within a block", "truncate -s 400001 big"),
        Change("cut and grown again", "truncate -s 400001 big; truncate -s 1000001 big"),
        Change("cut and written again", "truncate -s 400001 big; head -c 500000 /dev/urandom >> big"),
        Change("holes punched", "fallocate -p -o 4096 -l 40960 big; fallocate -p -o 0 -l 4096 next"),
        Change("hole at the end", "truncate -s 2000000 big"),
        Change("holes filled", "put gaps 1 1; put gaps 3 1"),
        Change("all holes", "fallocate -p -o 0 -l 1228800 big"),
        Change("room ahead", "fallocate -l 3000000 big; fallocate -n -l 4000000 next; put big 500 1"),
        Change("extents moved in the file", "fallocate -c -o 8192 -l 40960 big; fallocate -i -o 0 -l 8192 next"),
        Change("zeros", "fallocate -z -o 8192 -l 409600 big"),
        Change("owner and mode alone", "chown 65534:65534 big; chmod 0400 next; touch -d 2002-02-02 tiny"),
        Change("other names of one file", "ln big big2; ln tiny tiny2; put big 3 1"),
        Change("links", "ln -s big x; rm link; ln -s /nowhere link"),
        Change(
            "sockets and pipes", "mkfifo fifo; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'"),
        Change(
            "shared with another copy",
            "cp --reflink=always big x; put big 1 5; cp --reflink=always big x2; put big 1 5"),
        Change("many pieces", "for n in $(seq 0 2 298); do put big $n 1; done"),
    ]

    static let preamble = """
        put() { head -c $(($3 * 4096)) /dev/urandom | dd of=$1 bs=4096 seek=$2 conv=notrunc status=none; }
        """

    /// After the last round the image equals the source, whatever changed between two rounds.
    @Test(arguments: [0, 2])
    func imageIsTheSourceAfterTheLastRound(later: Int) async throws {
        try await withFolder { folder in
            try await MountNamespace.with(script: MountNamespace.xfs(megabytes: 1024), in: folder) { root in
                for (number, change) in Self.changes.enumerated() {
                    let name = "\(root)/disk/\(number)"
                    try Storage.makeFolder(name)
                    try await onOwnThread {
                        try prepare(name + "/data")
                        try takeImage(of: name, change, later: later)
                    }
                    try expectTheSame(name + "/image", as: name + "/data", change)
                }
            }
        }
    }

    private func prepare(_ data: String) throws {
        try SampleTree.make(data)
        try shell(
            """
            cd '\(data)'; \(Self.preamble)
            put big 0 300; put next 0 300; head -c 100 /dev/urandom > tiny
            for n in $(seq 0 2 40); do put gaps $n 1; done
            """)
    }

    /// The change comes after the first round, then come `later` rounds, then another change and the last round.
    private func takeImage(of folder: String, _ change: Change, later: Int) throws {
        let enter = "cd '\(folder)/data'; \(Self.preamble)\n"
        _ = try Storage.makeTree(at: folder + "/image") { made throws(HostError) in
            let image = try StagedImage(of: folder + "/data", in: made)
            do {
                _ = try ImageRound(image, isFrozen: false).run()
                try shell(enter + change.script)
                for _ in 0..<later { _ = try ImageRound(image, isFrozen: false).run() }
                if later > 0 { try shell(enter + "[ ! -s big ] || put big 6 2; [ ! -s next ] || put next 1 1") }
            } catch {
                throw error as? HostError ?? .unfitFile(path: folder, reason: "was not changed: \(error)")
            }
            let last = try ImageRound(image, isFrozen: true)
            _ = try last.run()
            try image.arrange(as: last.listing, in: made)
            return true
        }
    }

    private func expectTheSame(_ image: String, as source: String, _ change: Change) throws {
        let lines = try [image, source].map { try SampleTree.describe($0).split(separator: "\n") }
        let difference = lines[0].difference(from: lines[1])
        #expect(difference.isEmpty, "\(change.testDescription)")
        // Holes are holes; two names of one file become files of their own.
        let sizes = try [image, source].map { try Storage.size(of: $0).bytes }
        let twins: Int64 = change.script.contains("ln big") ? 2 << 20 : 64 << 10
        #expect(sizes[0] <= sizes[1] + twins, "\(change.testDescription)")
    }

    /// Blocks that an image frees soon hold other content, often at the same offset of the same file.
    @Test func reusedBlocksAreNotTakenForTheSame() async throws {
        try await withFolder { folder in
            try await MountNamespace.with(script: MountNamespace.xfs(megabytes: 320), in: folder) { root in
                try await onOwnThread { try reuseBlocks(on: root + "/disk") }
            }
        }
    }

    private func reuseBlocks(on disk: String) throws {
        let data = disk + "/data"
        try Storage.makeFolder(data)
        try Storage.makeFolder(disk + "/made")
        let enter = "cd '\(data)'; \(Self.preamble)\n"
        // The disk is nearly full, so that only the blocks just freed are available.
        try shell(enter + "put big 0 60; fallocate -l $(($(stat -f -c %a .) * 4096 - 400000)) '\(disk)/rest'")
        let image = try StagedImage(of: data, in: try Folder(disk + "/made"))
        for number in 0..<80 {
            _ = try ImageRound(image, isFrozen: false).run()
            let inode = try shell("stat -c %i '\(data)/big'").trimmingCharacters(in: .newlines)
            try shell("cmp '\(data)/big' '\(image.files.path)/\(inode)'")
            let at = number % 3 + 40
            switch number % 5 {
            case 3:
                try shell(
                    enter + "truncate -s \(at * 4096 + 77) big; head -c 60000 /dev/urandom >> big; sync big")
            default: try shell(enter + "put big \(at) 2; sync big")
            }
        }
    }

    /// A file that several threads share.
    @Test func manyExtentsAreGoneThroughInParts() async throws {
        try await withFolder { folder in
            try await MountNamespace.with(script: MountNamespace.xfs(megabytes: 512), in: folder) { root in
                let disk = root + "/disk"
                try Storage.makeFolder(disk + "/data")
                // Every other block is a hole: 12,000 extents.
                let fill = """
                    import os, sys
                    file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
                    for n in range(0, 24000, int(sys.argv[2])):
                        os.pwrite(file, os.urandom(4096), n * 4096)
                    """
                let change = Change("some everywhere", "python3 -c '\(fill)' many 998")
                try shell("python3 -c '\(fill)' '\(disk)/data/many' 2")
                try takeImage(of: disk, change, later: 1)
                try expectTheSame(disk + "/image", as: disk + "/data", change)
            }
        }
    }
}
