import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostStore

/// Space reserved for the store, and a disk that is really full.
@Suite struct BallastTests {
    @Test func holdsRoomThatItGivesUpAndTakesBack() async throws {
        try await Folder.with { folder in
            let ballast = BallastFile(path: folder.path + "/ballast", size: .mebibytes(2))
            #expect(!ballast.isHeld)
            #expect(!ballast.release())
            try ballast.take()
            #expect(ballast.isHeld)
            var status = stat()
            #expect(stat(ballast.path, &status) == 0)
            #expect(status.st_blocks * 512 >= 2 << 20)
            #expect(status.st_mode & 0o777 == 0o600)
            try ballast.take()
            #expect(ballast.release())
            #expect(try folder.names.isEmpty)
            try ballast.take()
            #expect(ballast.isHeld)
        }
    }

    @Test func aFileWithoutBlocksHoldsNoRoom() async throws {
        try await Folder.with { folder in
            let ballast = BallastFile(path: folder.path + "/ballast", size: .mebibytes(2))
            #expect(FileManager.default.createFile(atPath: ballast.path, contents: nil))
            #expect(truncate(ballast.path, 2 << 20) == 0)
            #expect(!ballast.isHeld)
            try ballast.take()
            #expect(ballast.isHeld)
        }
    }

    @Test func takesNothingWhereLittleWouldBeLeft() async throws {
        try await Folder.with { folder async throws in
            let ballast = BallastFile(path: folder.path + "/ballast", size: .gibibytes(1 << 30))
            #expect { try ballast.take() } throws: { isFull($0) }
            #expect(try folder.names.isEmpty)
        }
    }

    /// Runs `onASmallDisk` below in a process of its own, with a file system of 8 MiB that only it can see.
    @Test(.enabled(if: geteuid() == 0, "only root may mount"))
    func aStoreWorksOnWhenItsDiskIsFull() async throws {
        try await Folder.with { folder in
            let output = Pipe()
            let child = Process()
            child.executableURL = URL(filePath: "/usr/bin/unshare")
            child.arguments = [
                "--mount", "--propagation", "private", "sh", "-c",
                "mount -t tmpfs -o size=8m,mode=700 none \"$1\" && shift && exec \"$@\"", "sh", folder.path,
                try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
                "--testing-library", "swift-testing", "--filter", "onASmallDisk",
            ]
            child.environment = ProcessInfo.processInfo.environment.merging([Self.disk: folder.path]) { $1 }
            child.standardOutput = output
            child.standardError = output
            try child.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            child.waitUntilExit()
            #expect(child.terminationStatus == 0, "\(text)")
            #expect(text.contains("onASmallDisk() passed"), "\(text)")
        }
    }

    private static let disk = "ROOST_TEST_SMALL_DISK"

    @Test(.enabled(if: ProcessInfo.processInfo.environment[disk] != nil, "runs within the test above"))
    func onASmallDisk() async throws {
        let folder = Folder(path: try #require(ProcessInfo.processInfo.environment[Self.disk]))
        let options = SQLiteStore.Options.small
        let store = try SQLiteStore.open(path: folder.store, options: options)
        try await store.commit([.put("a", "1")])
        try await store.backUp(to: folder.copy)
        let copy = try bytes(folder.copy)
        #expect(!store.isBallastSpent)

        // The disk fills up: the next large commit takes the ballast, and succeeds.
        let filling = try fill(folder.path + "/filling")
        let large = String(repeating: "x", count: 300_000)
        let revision = try await store.commit([.put("b", large)])
        #expect(revision == 2)
        #expect(store.isBallastSpent)
        #expect(try await store.text("b") == large)

        // The ballast is used up too: nothing of the commit is written, and reads go on.
        filling.fillUp()
        await #expect { try await store.commit([.put("a", "2"), .put("c", large + large)]) } throws: { isFull($0) }
        #expect(try await store.text("a") == "1")
        #expect(try await store.revision() == 2)
        await #expect { try await store.backUp(to: folder.copy) } throws: { isFull($0) }
        #expect(try bytes(folder.copy) == copy)

        // A daemon killed and started again on the full disk finds everything.
        store.close()
        let again = try SQLiteStore.open(path: folder.store, options: options)
        #expect(try await again.text("b") == large)
        #expect(again.isBallastSpent)

        // There is room again: commits go on, and the next one takes the ballast back.
        filling.remove()
        #expect(try await again.commit([.put("a", "3")]) == 3)
        #expect(!again.isBallastSpent)
        try again.checkIntegrity()
        again.close()
    }

    /// A file that takes all the room there is.
    private struct Filling {
        let path: String
        let descriptor: Int32

        func fillUp() {
            for size in [4_096, 1] {
                let block = [UInt8](repeating: 7, count: size)
                while write(descriptor, block, size) > 0 {}
            }
        }

        func remove() {
            close(descriptor)
            unlink(path)
        }
    }

    private func fill(_ path: String) throws -> Filling {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        let filling = Filling(path: path, descriptor: descriptor)
        filling.fillUp()
        return filling
    }
}
