import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct StorageTests {
    // MARK: Removing

    @Test func removesATree() async throws {
        try await withFolder { folder in
            try shell(
                """
                cd \(folder); mkdir -p home/a/b/c; echo x > home/a/b/x; printf y > "$(printf 'home/a/\\377')"
                [ $(id -u) != 0 ] || chmod 000 home/a/b
                """)
            try Storage.removeTree(folder + "/home/a", within: folder + "/home")
            #expect(try names(in: folder + "/home").isEmpty)
            // A second removal succeeds, as after a crash.
            try Storage.removeTree(folder + "/home/a", within: folder + "/home")
        }
    }

    @Test func goesOnWithARemovalThatWasKilled() async throws {
        try await withFolder { folder in
            try shell("cd \(folder); mkdir -p home/a.unfinished/b; echo x > home/a.unfinished/manifest.json")
            try Storage.removeTree(folder + "/home/a", within: folder + "/home")
            #expect(try names(in: folder + "/home").isEmpty)
        }
    }

    @Test(arguments: ["", "/", "/..", "/../home2", "/../home", "2", "/a/../../home2", "/./"])
    func refusesToRemoveWhatIsNotBelowItsRoot(_ tail: String) async throws {
        try await withFolder { folder in
            try shell("cd \(folder); mkdir -p home/a home2/a; echo x > home/a/x")
            let home = folder + "/home"
            #expect(throws: HostError.outside(path: home + tail, root: home)) {
                try Storage.removeTree(home + tail, within: home)
            }
            #expect(try read(home + "/a/x") == "x\n")
            #expect(try names(in: folder) == ["home", "home2"])
        }
    }

    @Test func refusesTheWholeMachineAsRoot() {
        #expect(throws: HostError.outside(path: "/nowhere", root: "/")) {
            try Storage.removeTree("/nowhere", within: "/")
        }
    }

    @Test func removesLinksAndNotWhatTheyName() async throws {
        try await withFolder { folder in
            try shell(
                "cd \(folder); mkdir -p home/a victim; echo x > victim/x; ln -s ../../victim home/a/v; ln -s ../victim home/v"
            )
            try Storage.removeTree(folder + "/home/a", within: folder + "/home")
            try Storage.removeTree(folder + "/home/v", within: folder + "/home")
            #expect(try names(in: folder + "/home").isEmpty)
            #expect(try read(folder + "/victim/x") == "x\n")
        }
    }

    @Test func followsNoLinkOnTheWay() async throws {
        try await withFolder { folder in
            try shell("cd \(folder); mkdir -p home victim; echo x > victim/x; ln -s ../victim home/v")
            #expect(throws: HostError.self) {
                try Storage.removeTree(folder + "/home/v/x", within: folder + "/home")
            }
            #expect(try read(folder + "/victim/x") == "x\n")
        }
    }

    /// Bind mounts are refused too, although they have the device number of their surroundings.
    @Test(.enabled(if: MountNamespace.isPossible, "needs root"), arguments: ["home/a", "home/a/b"])
    func removesNothingOfAnotherMount(_ mount: String) async throws {
        try await withFolder { folder in
            let script = "mkdir -p home/a/b victim; echo x > victim/x; mount --bind victim \(mount)"
            try await MountNamespace.with(script: script, in: folder) { root in
                #expect(throws: HostError.self) { try Storage.removeTree(root + "/home/a", within: root + "/home") }
                let victim = try read(root + "/victim/x")
                #expect(victim == "x\n")
            }
        }
    }

    // MARK: Giving

    @Test(.enabled(if: isRoot, "only root may give files away"))
    func givesATreeAndNothingThatItsLinksName() async throws {
        let nobody = try #require(ServerUsers.user(named: "nobody"))
        try await withFolder { folder in
            try shell(
                "cd \(folder); mkdir -p data/deep; echo x > data/deep/x; mkfifo data/p; echo s > secret; ln -s ../secret data/link"
            )
            try Storage.giveTree(folder + "/data", to: nobody)
            let owners = try shell("cd \(folder); find data -printf '%U:%G\\n' | sort -u")
            #expect(owners == "\(nobody.uid):\(nobody.gid)\n")
            #expect(try #require(try FileStatus.ifPresent(folder + "/secret")).uid == 0)
        }
    }

    @Test(.enabled(if: isRoot, "only root may give files away"))
    func refusesToGiveAFileThatHasANameElsewhere() async throws {
        let nobody = try #require(ServerUsers.user(named: "nobody"))
        try await withFolder { folder in
            try shell("cd \(folder); mkdir data; echo s > shadow; ln shadow data/harmless")
            #expect(throws: HostError.self) { try Storage.giveTree(folder + "/data", to: nobody) }
            #expect(try #require(try FileStatus.ifPresent(folder + "/shadow")).uid == 0)
        }
    }

    // MARK: Writing, renaming, making

    @Test func writesAtomically() async throws {
        try await withFolder { folder in
            let path = folder + "/manifest.json"
            try Storage.writeAtomically(Data("one".utf8), to: path)
            #expect(try #require(try FileStatus.ifPresent(path)).permissions == 0o600)
            try Storage.writeAtomically(Data("two".utf8), to: path, mode: 0o640)
            #expect(try read(path) == "two")
            #expect(try #require(try FileStatus.ifPresent(path)).permissions == 0o640)
            #expect(try names(in: folder) == ["manifest.json"])
        }
    }

    @Test func writingReplacesALinkAndNotWhatItNames() async throws {
        try await withFolder { folder in
            try shell("cd \(folder); echo old > victim; ln -s victim file")
            try Storage.writeAtomically(Data("new".utf8), to: folder + "/file")
            #expect(try read(folder + "/file") == "new")
            #expect(try read(folder + "/victim") == "old\n")
        }
    }

    @Test func failedWriteLeavesTheOldFileAlone() async throws {
        try await withFolder { folder in
            try shell("cd \(folder); mkdir -p taken/inner")
            #expect(throws: HostError.self) { try Storage.writeAtomically(Data("new".utf8), to: folder + "/taken") }
            #expect(try names(in: folder) == ["taken"])
            #expect(throws: HostError.self) { try Storage.writeAtomically(Data(), to: folder + "/missing/file") }
        }
    }

    @Test func renameRefusesAnExistingTarget() async throws {
        try await withFolder { folder in
            try shell("cd \(folder); mkdir a b c; echo x > a/x")
            #expect(throws: HostError.targetExists(path: folder + "/b")) {
                try Storage.rename(from: folder + "/a", to: folder + "/b")
            }
            try Storage.rename(from: folder + "/a", to: folder + "/c/a")
            #expect(try read(folder + "/c/a/x") == "x\n")
        }
    }

    @Test func makesAFolderWithItsParentsAndCorrectsIt() async throws {
        try await withFolder { folder in
            let path = folder + "/run/deep/data.0"
            try Storage.makeFolder(path, mode: 0o700)
            #expect(try #require(try FileStatus.ifPresent(path)).permissions == 0o700)
            #expect(try #require(try FileStatus.ifPresent(folder + "/run")).permissions == 0o755)
            try Storage.makeFolder(path, mode: 0o2750)
            #expect(try #require(try FileStatus.ifPresent(path)).permissions == 0o2750)
            try shell("cd \(folder); mkdir victim; chmod 700 victim; ln -s victim link")
            #expect(throws: HostError.self) { try Storage.makeFolder(folder + "/link", mode: 0o777) }
            #expect(try #require(try FileStatus.ifPresent(folder + "/victim")).permissions == 0o700)
        }
    }

    @Test func sizeCountsBlocksOnce() async throws {
        try await withFolder { folder in
            try shell(
                "cd \(folder); mkdir t; head -c 1000000 /dev/zero | tr '\\0' x > t/a; ln t/a t/b; truncate -s 1G t/hole"
            )
            let size = try Storage.size(of: folder + "/t")
            #expect(size.bytes >= 1_000_000 && size.bytes < 1_100_000)
            #expect(throws: HostError.self) { _ = try Storage.size(of: folder + "/nothing") }
        }
    }
}
