import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// Tests on a real btrfs.
@Suite(.timeLimit(.minutes(2)), .enabled(if: MountNamespace.hasBtrfs, "needs root and mkfs.btrfs"))
struct SubvolumeTests {
    private func onBtrfs(_ body: @Sendable (String) throws -> Void) async throws {
        try await inPrivateMounts { folder in
            try shell("cd \(folder)\n\(MountNamespace.btrfs())")
            try body(folder + "/disk")
        }
    }

    @Test func isDetectedAndLeavesNothing() async throws {
        try await onBtrfs { disk in
            let method = try Storage.detect(at: disk)
            #expect(method == .subvolume)
            #expect(try names(in: disk).isEmpty)
            #expect(try subvolumes(disk).isEmpty)
        }
    }

    @Test func copyOfASubvolumeIsASnapshotAndTheSameTree() async throws {
        try await onBtrfs { disk in
            try Storage.makeRoot(disk + "/data")
            try SampleTree.make(disk + "/data")
            // A copy makes files of their own of names of one file, which a snapshot does not.
            try shell(
                """
                cd \(disk)/data; rm twin; head -c 20000000 /dev/urandom > large; chown 65534:65533 .; chmod 2750 .
                touch -d '2001-02-03 04:05:06.789' .; sync -f .
                """)
            let before = try Storage.freeSpace(at: disk)
            let method = try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink)
            #expect(method == .subvolume)
            #expect(try subvolumes(disk) == ["copy", "data"])
            #expect(try SampleTree.describe(disk + "/copy") == SampleTree.describe(disk + "/data"))
            #expect(try !names(in: disk + "/copy").contains("pipe"))
            #expect(before.bytes - (try Storage.freeSpace(at: disk).bytes) < 4 << 20)
            #expect(try Storage.sharing(of: disk + "/copy", syncing: true).shared > .mebibytes(20))
            try shell("echo changed > '\(disk)/copy/mysql/deep er/x'")
            #expect(try read(disk + "/data/mysql/deep er/x") == "run\n")
        }
    }

    /// The copy is made file by file, but into a subvolume, so that the next copy is a snapshot.
    @Test func copyOfAFolderMakesASubvolumeOfReflinks() async throws {
        try await onBtrfs { disk in
            try SampleTree.make(disk + "/data")
            let method = try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink)
            #expect(method == .reflink)
            #expect(try subvolumes(disk) == ["copy"])
            #expect(try SampleTree.describe(disk + "/copy") == SampleTree.describe(disk + "/data"))
            #expect(try Storage.copyTree(from: disk + "/copy", to: disk + "/next", preferring: .reflink) == .subvolume)
            #expect(try Storage.copyTree(from: disk + "/copy", to: disk + "/full", preferring: .copy) == .copy)
            #expect(try SampleTree.describe(disk + "/full") == SampleTree.describe(disk + "/data"))
            #expect(try subvolumes(disk) == ["copy", "full", "next"])
        }
    }

    enum Unfit: String, CaseIterable { case nested, twins, folder }

    @Test(arguments: Unfit.allCases)
    func whatASnapshotWouldNotCopyWholeIsCopiedFileByFile(_ unfit: Unfit) async throws {
        try await onBtrfs { disk in
            if unfit != .folder { try Storage.makeRoot(disk + "/data") }
            try shell("mkdir -p \(disk)/data/deep; echo x > \(disk)/data/x")
            if unfit == .nested { try Storage.makeRoot(disk + "/data/deep/inner") }
            try shell("mkdir -p \(disk)/data/deep/inner; echo y > \(disk)/data/deep/inner/y")
            if unfit == .twins { try shell("ln \(disk)/data/x \(disk)/data/deep/x") }
            #expect(try !LiveImage.snapshotSubvolume(from: disk + "/data", to: disk + "/image"))
            #expect(try names(in: disk) == ["data"])
            #expect(try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink) == .reflink)
            #expect(try read(disk + "/copy/deep/inner/y") == "y\n")
        }
    }

    @Test func mountsAreNeitherPassedOverNorUnmounted() async throws {
        try await onBtrfs { disk in
            try Storage.makeRoot(disk + "/data")
            try shell("cd \(disk); mkdir data/inner victim; echo x > victim/x; mount --bind victim data/inner")
            #expect(try !LiveImage.snapshotSubvolume(from: disk + "/data", to: disk + "/image"))
            #expect(throws: HostError.self) {
                _ = try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink)
            }
            #expect(throws: HostError.self) { try Storage.removeTree(disk + "/data", within: disk) }
            #expect(try names(in: disk) == ["data.unfinished", "victim"])
            #expect(try Mount.at(disk + "/data.unfinished/inner") != nil)
            #expect(try read(disk + "/victim/x") == "x\n")
        }
    }

    @Test func anotherFileSystemIsNoPlaceForASnapshot() async throws {
        try await onBtrfs { disk in
            let outside = (disk as NSString).deletingLastPathComponent + "/moved"
            try Storage.makeRoot(disk + "/data")
            try shell("echo x > \(disk)/data/x")
            #expect(try !LiveImage.snapshotSubvolume(from: disk + "/data", to: outside))
            try Storage.move(from: disk + "/data", to: outside)
            #expect(try read(outside + "/x") == "x\n")
            #expect(try subvolumes(disk).isEmpty)
            try Storage.move(from: outside, to: disk + "/back")
            #expect(try subvolumes(disk) == ["back"])
            try Storage.makeFolder(disk + "/deep")
            try Storage.rename(from: disk + "/back", to: disk + "/deep/data")
            #expect(try subvolumes(disk) == ["deep/data"])
            #expect(throws: HostError.targetExists(path: disk + "/deep/data")) {
                _ = try LiveImage.snapshotSubvolume(from: disk + "/deep/data", to: disk + "/deep/data")
            }
        }
    }

    @Test func removalLeavesNoSubvolume() async throws {
        try await onBtrfs { disk in
            try Storage.makeFolder(disk + "/home/kept")
            for root in ["home/a", "home/kept/data", "home/a/nested", "home/half.unfinished"] {
                try Storage.makeRoot("\(disk)/\(root)")
                try shell("mkdir \(disk)/\(root)/deep; echo x > \(disk)/\(root)/deep/x")
            }
            try Storage.removeTree(disk + "/home/a", within: disk + "/home")
            #expect(try subvolumes(disk) == ["home/half.unfinished", "home/kept/data"])
            try Storage.removeTree(disk + "/home/kept", within: disk + "/home")
            #expect(try Storage.sweepUnfinished(in: disk + "/home") == ["half.unfinished"])
            #expect(try subvolumes(disk).isEmpty)
            #expect(try names(in: disk + "/home").isEmpty)
        }
    }

    @Test func rootHasItsModeAndOwner() async throws {
        let nobody = try #require(ServerUsers.user(named: "nobody"))
        try await onBtrfs { disk in
            let outside = (disk as NSString).deletingLastPathComponent
            for folder in [disk, outside] {
                try Storage.makeRoot(folder + "/data", mode: 0o2750, owner: nobody)
                let status = try #require(try FileStatus.ifPresent(folder + "/data"))
                #expect(status.permissions == 0o2750 && status.uid == nobody.uid && status.gid == nobody.gid)
                #expect(throws: HostError.targetExists(path: folder + "/data")) {
                    try Storage.makeRoot(folder + "/data")
                }
            }
            #expect(try subvolumes(disk) == ["data"])
        }
    }
}

/// Paths of all subvolumes of a btrfs.
private func subvolumes(_ disk: String) throws -> [String] {
    try shell("btrfs subvolume list \(disk) | sed 's/.* path //' | LC_ALL=C sort").split(separator: "\n").map(
        String.init)
}
