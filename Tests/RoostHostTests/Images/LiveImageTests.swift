import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// A real writer on a real XFS.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: ImageWorkload.isPossible, "needs root, mkfs.xfs and python3"))
struct LiveImageTests {
    @Test(arguments: Freezing.possible, ["", "--direct"])
    func everyImageIsOfOneMoment(_ freezing: Freezing, _ options: String) async throws {
        try await ImageWorkload.with(freezing, options: options) { workload in
            var pauses: [Duration] = []
            for number in 1...20 {
                pauses.append(try await workload.checked("image.\(number)").pause)
                #expect(!FileManager.default.fileExists(atPath: "\(workload.disk)/image.\(number).unfinished"))
                if number > 3 { try Storage.removeTree("\(workload.disk)/image.\(number - 3)", within: workload.disk) }
            }
            pauses.sort()
            print("\(freezing.rawValue) \(options): pause \(pauses[10]), at most \(pauses[19])")
        }
    }

    /// Half of all blocks were written again after an earlier image: some 30,000 extents.
    @Test func agedFilesKeepThePauseShort() async throws {
        let freezing = try #require(Freezing.possible.first)
        let options = "--blocks 20000 --rate 4000"
        try await ImageWorkload.with(freezing, megabytes: 2048, options: options) { workload in
            let fresh = try await workload.checked("fresh")
            print("fresh: \(fresh)")
            try age(["pair.a", "pair.b"], in: workload, blocks: 20_000)
            // The first image of the aged files pays for what was dirty.
            for number in 1...4 {
                let report = try await workload.checked("aged.\(number)")
                print("aged: \(report)")
                #expect(report.extents > 20_000)
            }
        }
    }

    /// Overwrites every other block with its own content: all blocks are shared with an image, so each gets a new
    /// extent. The writer is frozen meanwhile.
    private func age(_ files: [String], in workload: ImageWorkload, blocks: Int) throws {
        let script = """
            import os, sys
            for name in sys.argv[2:]:
                file = os.open(name, os.O_RDWR)
                for block in range(0, int(sys.argv[1]), 2):
                    os.pwrite(file, os.pread(file, 4096, block * 4096), block * 4096)
                os.fsync(file)
            """
        var freezer = try workload.server.guarded()
        try freezer.freeze()
        try shell("cd '\(workload.data)'; python3 -c '\(script)' \(blocks) \(files.joined(separator: " "))")
        _ = try freezer.thaw()
    }

    @Test func tooSlowLeavesNothingAndFreezesNobody() async throws {
        let freezing = try #require(Freezing.possible.first)
        try await ImageWorkload.with(freezing) { workload in
            // A freeze of this subject would be an error.
            let outcome = try workload.take(to: workload.disk + "/image", maxPause: .zero, subject: .nobody)
            guard case .tooSlow(let predicted) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(predicted > .zero)
            #expect(try names(in: workload.disk) == ["data"])
        }
    }

    @Test func failureToFreezeLeavesNothing() async throws {
        let freezing = try #require(Freezing.possible.first)
        try await ImageWorkload.with(freezing) { workload in
            let outcome = try workload.take(to: workload.disk + "/image", subject: .nobody)
            guard case .cutShort(.notFrozen, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(try names(in: workload.disk) == ["data"])
            try Storage.makeFolder(workload.disk + "/image")
            #expect(throws: HostError.targetExists(path: workload.disk + "/image")) {
                _ = try workload.take(to: workload.disk + "/image")
            }
        }
    }

    @Test func storageWithoutReflinksIsTold() async throws {
        try await withFolder { folder in
            try #require(try Storage.detect(at: folder) == .copy)
            try Storage.makeFolder(folder + "/data")
            try write("x", to: folder + "/data/x")
            let image = LiveImage(guardProgram: Programs.freezeGuard, subject: .nobody)
            #expect(throws: HostError.noReflink(path: folder + "/data")) {
                _ = try image.take(from: folder + "/data", to: folder + "/image", maxPause: .seconds(1))
            }
            #expect(try names(in: folder) == ["data"])
        }
    }

    /// A copy as PostgreSQL needs it: not of a single moment, but with whole files.
    @Test func unfrozenCopyTakesWhatIsThere() async throws {
        let freezing = try #require(Freezing.possible.first)
        try await ImageWorkload.with(freezing) { workload in
            for number in 1...10 {
                let copy = "\(workload.disk)/copy.\(number)"
                #expect(try LiveImage.copyUnfrozen(from: workload.data, to: copy) == .reflink)
                _ = try ImageWorkload.run(["look", copy])
                try await withFolder { folder in
                    // The target is on another file system, so the copy is byte by byte.
                    #expect(try LiveImage.copyUnfrozen(from: workload.data, to: folder + "/copy") == .copy)
                    let copied = try names(in: folder + "/copy")
                    #expect(copied.contains("records.a"))
                }
            }
        }
    }
}

extension FreezeSubject {
    /// A subject whose group does not exist.
    static let nobody = group(ControlGroup(layout: .legacy(["freezer": "/tmp/no-such-group"])))
}
