import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// A real writer on a real btrfs.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: ImageWorkload.isPossible && MountNamespace.hasBtrfs, "needs root, mkfs.btrfs, mkfs.xfs and python3"))
struct SubvolumeImageTests {
    /// The image of a writer that syncs each write is what a crash of the server leaves. Most images of a writer that
    /// does not sync mix moments, also on a file system that writes all dirty data with each of its commits
    /// (`flushoncommit`), where one of 80 did.
    @Test(arguments: ["--synced", "--synced --direct"])
    func everySnapshotIsOfOneMomentAndFreezesNobody(_ options: String) async throws {
        let mounts = MountNamespace.btrfs(megabytes: 1024)
        try await ImageWorkload.with(.signals, options: options, mounts: mounts) { workload in
            let (took, written) = try await onOwnThread { try snapshots(of: workload) }
            // The writer went on meanwhile. The number of writes depends on the machine: a synced step takes about as
            // long as a snapshot.
            #expect(written.contains { $0 > 0 })
            print("\(options): \(took.sorted()[10]), at most \(took.max() ?? .zero); written meanwhile: \(written)")
        }
    }

    private func snapshots(of workload: ImageWorkload) throws -> (took: [Duration], written: [Int64]) {
        var took: [Duration] = []
        var written: [Int64] = []
        for number in 1...20 {
            let image = "\(workload.disk)/image.\(number)"
            let before = try ImageWorkload.run(["look", workload.data])
            let size = try self.written(workload)
            let start = ContinuousClock.now
            #expect(try LiveImage.snapshotSubvolume(from: workload.data, to: image))
            took.append(start.duration(to: .now))
            written.append(try self.written(workload) - size)
            let after = try ImageWorkload.run(["look", workload.data])
            try ImageWorkload.run(["check", image, before, after])
            #expect(try !names(in: workload.disk).contains { $0.hasSuffix(Storage.unfinished) })
            if number > 3 { try Storage.removeTree("\(workload.disk)/image.\(number - 3)", within: workload.disk) }
        }
        return (took, written)
    }

    private func written(_ workload: ImageWorkload) throws -> Int64 {
        try #require(try FileStatus.ifPresent(workload.data + "/records.a")).size
    }

    /// Writers that do not sync are imaged by reflinks and a freeze, into a subvolume.
    @Test func frozenImageIsOfOneMoment() async throws {
        let freezing = try #require(Freezing.possible.first)
        try await ImageWorkload.with(freezing, mounts: MountNamespace.btrfs(megabytes: 1024)) { workload in
            for number in 1...10 { try await workload.checked("image.\(number)") }
            #expect(
                try Storage.copyTree(
                    from: "\(workload.disk)/image.1", to: "\(workload.disk)/clone", preferring: .reflink) == .subvolume)
        }
    }
}
