import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct CopyTreeTests {
    @Test func copyIsTheSameTree() async throws {
        try await withFolder { folder in
            try SampleTree.make(folder + "/data")
            let method = try Storage.copyTree(from: folder + "/data", to: folder + "/copy", preferring: .copy)
            #expect(method == .copy)
            #expect(try SampleTree.describe(folder + "/copy") == SampleTree.describe(folder + "/data"))
            #expect(try !names(in: folder + "/copy").contains("pipe"))
            let sparse = try Storage.size(of: folder + "/copy/sparse")
            #expect(sparse < .mebibytes(2))
            #expect(try names(in: folder) == ["copy", "data"])
        }
    }

    @Test func preferringReflinkWorksWhereThereIsNone() async throws {
        try await withFolder { folder in
            try SampleTree.make(folder + "/data")
            let method = try Storage.copyTree(from: folder + "/data", to: folder + "/copy", preferring: .reflink)
            #expect(try method == Storage.detect(at: folder))
            #expect(try SampleTree.describe(folder + "/copy") == SampleTree.describe(folder + "/data"))
        }
    }

    @Test(.enabled(if: MountNamespace.hasXFS, "needs root and mkfs.xfs"))
    func reflinkIsTheSameTreeAndTakesNoSpace() async throws {
        try await withFolder { folder in
            try await MountNamespace.with(script: MountNamespace.xfs, in: folder) { root in
                let disk = root + "/disk"
                #expect(try Storage.detect(at: disk) == .reflink)
                #expect(try names(in: disk).isEmpty)
                try SampleTree.make(disk + "/data")
                try shell("head -c 20000000 /dev/urandom > \(disk)/data/large; sync -f \(disk)")
                let before = try Storage.freeSpace(at: disk)
                let method = try Storage.copyTree(from: disk + "/data", to: disk + "/copy", preferring: .reflink)
                #expect(method == .reflink)
                #expect(try SampleTree.describe(disk + "/copy") == SampleTree.describe(disk + "/data"))
                #expect(before.bytes - (try Storage.freeSpace(at: disk).bytes) < 4 << 20)
                // The copy is independent: a write to one does not show in the other.
                try shell("echo changed > '\(disk)/copy/mysql/deep er/x'")
                #expect(try read(disk + "/data/mysql/deep er/x") == "run\n")
            }
        }
    }

    @Test func refusesAnExistingTarget() async throws {
        try await withFolder { folder in
            try Storage.makeFolder(folder + "/data")
            try Storage.makeFolder(folder + "/copy")
            try write("precious", to: folder + "/copy/x")
            #expect(throws: HostError.targetExists(path: folder + "/copy")) {
                _ = try Storage.copyTree(from: folder + "/data", to: folder + "/copy", preferring: .copy)
            }
            #expect(try read(folder + "/copy/x") == "precious")
        }
    }

    @Test(.enabled(if: isRoot, "only root can make a device"))
    func failureLeavesNothing() async throws {
        try await withFolder { folder in
            try SampleTree.make(folder + "/data")
            try shell("mknod \(folder)/data/zz c 1 3")
            #expect(throws: HostError.self) {
                _ = try Storage.copyTree(from: folder + "/data", to: folder + "/copy", preferring: .copy)
            }
            #expect(try names(in: folder) == ["data"])
        }
    }

    @Test(.enabled(if: MountNamespace.isPossible, "needs root"))
    func fullDiskIsToldAndLeavesNothing() async throws {
        try await withFolder { folder in
            let script = "mkdir disk; mount -t tmpfs -o size=2M none disk"
            try await MountNamespace.with(script: script, in: folder) { root in
                try SampleTree.make(folder + "/data")
                let target = root + "/disk/copy"
                do throws(HostError) {
                    _ = try Storage.copyTree(from: folder + "/data", to: target, preferring: .copy)
                    Issue.record("3 MB fit on a disk of 2")
                } catch {
                    guard case .noSpace = error else {
                        Issue.record("\(error)")
                        return
                    }
                }
                #expect(try names(in: root + "/disk").isEmpty)
                #expect(throws: HostError.self) {
                    try Storage.writeAtomically(Data(count: 3 << 20), to: root + "/disk/file")
                }
                #expect(try names(in: root + "/disk").isEmpty)
            }
        }
    }

    /// The remains of a crash are replaced by the next attempt, and swept at a start.
    @Test func unfinishedCopyIsNeverMistakenForAWholeOne() async throws {
        try await withFolder { folder in
            try SampleTree.make(folder + "/data")
            try Storage.makeFolder(folder + "/copy.unfinished/mysql")
            try write("half", to: folder + "/copy.unfinished/half")
            _ = try Storage.copyTree(from: folder + "/data", to: folder + "/copy", preferring: .copy)
            #expect(try SampleTree.describe(folder + "/copy") == SampleTree.describe(folder + "/data"))
            try Storage.makeFolder(folder + "/other.unfinished/deep")
            #expect(try Storage.sweepUnfinished(in: folder) == ["other.unfinished"])
            #expect(try names(in: folder) == ["copy", "data"])
        }
    }
}
