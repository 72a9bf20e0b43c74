import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct SharingTests {
    @Test(.enabled(if: MountNamespace.hasXFS, "needs root and mkfs.xfs"))
    func tellsWhatACopyShares() async throws {
        try await withFolder { folder in
            try await MountNamespace.with(script: MountNamespace.xfs, in: folder) { root in
                let disk = root + "/disk"
                // The file has more extents than the kernel lists at once: every other block is a hole.
                try shell(
                    """
                    cd \(disk); mkdir -p data/deep; head -c 8M /dev/urandom > data/deep/table
                    head -c 4M /dev/urandom > data/holes
                    for i in $(seq 0 2 1023); do fallocate -p -o $((i * 4096)) -l 4096 data/holes; done; sync -f .
                    """)
                let alone = try Storage.sharing(of: disk + "/data")
                #expect(alone.shared == ByteCount(bytes: 0))
                #expect(alone.exclusive.bytes >= 10 << 20 && alone.exclusive.bytes < 10 << 20 + 65536)
                _ = try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink)
                for tree in ["/data", "/copy"] {
                    let sharing = try Storage.sharing(of: disk + tree)
                    #expect(sharing.shared == .mebibytes(10))
                    #expect(sharing.exclusive < ByteCount(bytes: 65536))
                }
                try shell("dd if=/dev/zero of=\(disk)/copy/deep/table bs=1M count=4 conv=notrunc status=none")
                for tree in ["/copy", "/data"] {
                    let sharing = try Storage.sharing(of: disk + tree, syncing: true)
                    #expect(sharing.shared == .mebibytes(6))
                    #expect(sharing.exclusive.bytes >= 4 << 20 && sharing.exclusive.bytes < 4 << 20 + 65536)
                }
            }
        }
    }

    @Test func countsNamesOnceAndHolesNever() async throws {
        try await withFolder { folder in
            try shell(
                "cd \(folder); mkdir t; head -c 1M /dev/urandom > t/a; ln t/a t/b; truncate -s 1G t/hole; sync t/a")
            let sharing = try Storage.sharing(of: folder + "/t")
            #expect(sharing.shared == ByteCount(bytes: 0))
            #expect(sharing.exclusive.bytes >= 1 << 20 && sharing.exclusive.bytes < 1 << 20 + 65536)
            #expect(throws: HostError.self) { _ = try Storage.sharing(of: folder + "/nothing") }
        }
    }

    @Test(.enabled(if: MountNamespace.isPossible, "needs root"))
    func whereNobodyTellsAllIsExclusive() async throws {
        try await withFolder { folder in
            let script = "mkdir disk; mount -t tmpfs -o size=8M none disk; head -c 1M /dev/zero > disk/file"
            try await MountNamespace.with(script: script, in: folder) { root in
                let sharing = try Storage.sharing(of: root + "/disk")
                #expect(sharing.shared == ByteCount(bytes: 0))
                #expect(sharing.exclusive == .mebibytes(1))
            }
        }
    }

    @Test func filesMayVanishMeanwhile() async throws {
        try await withFolder { folder in
            try Storage.makeFolder(folder + "/t/sub")
            let busy = Process()
            busy.executableURL = URL(filePath: "/bin/sh")
            busy.arguments = [
                "-c", "cd \(folder)/t; while :; do mkdir x; echo 1 > sub/a; echo 1 > x/b; rm -r x sub/a; done",
            ]
            try busy.run()
            defer {
                busy.terminate()
                busy.waitUntilExit()
            }
            for _ in 1...500 { _ = try Storage.sharing(of: folder + "/t") }
        }
    }
}
