import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostCLI

/// `roost run`: the client's private files, its program, its variables.
@Suite struct RunTests {
    static let offer = ClientOffer(
        arguments: ["mariadb", "--defaults-file={files}/my.cnf", "-e", "select '{files}'"],
        environment: ["MYSQL_HOME": "{files}", "LANG": "C"], unset: ["MYSQL_UNIX_PORT"],
        files: ["my.cnf": "password=x\n"], path: ["{files}", "/opt/bin"])
    static let privateFolder = RunFolder(path: "/private", lock: -1)

    @Test func theOfferBecomesAProgramOfTheCallers() throws {
        let program = try Program(
            Self.offer, typed: ["-e", "select '{files}'"], files: Self.privateFolder,
            environment: ["PATH": "/usr/bin", "LANG": "de", "TERM": "xterm", "MYSQL_UNIX_PORT": "/live.sock"])
        #expect(
            program.arguments == ["mariadb", "--defaults-file=/private/my.cnf", "-e", "select '{files}'"],
            "what was typed stays as it was")
        #expect(
            program.environment == [
                "PATH": "/private:/opt/bin:/usr/bin", "LANG": "C", "TERM": "xterm", "MYSQL_HOME": "/private",
            ])
    }

    @Test func anOfferThatCannotBeRunIsRefused() {
        for arguments in [[], [""], ["a\0b"]] {
            let offer = ClientOffer(arguments: arguments, environment: [:], files: [:], path: [])
            #expect(throws: Problem.self) { try Program(offer, typed: [], files: nil, environment: [:]) }
        }
    }

    @Test func theCommandsArgumentsAreSentAndItsProgramIsNext() async throws {
        let path = "POST /v1/applications/ramen/services/data/client"
        try await withDaemon([path: { _ in try .json(Self.offer) }]) { scene, daemon in
            let outcome = await scene.roost("run", "data.1", "-A", "ramen", "--", "mysql", "--json", "-A")
            guard case .become(let program) = outcome.ending else {
                Issue.record("\(outcome)")
                return
            }
            #expect(program.arguments.first == "mariadb" && program.showsProgress)
            let asked = try JSON.decode(ClientOfferRequest.self, from: try #require(daemon.requests.first).body)
            #expect(
                asked == ClientOfferRequest(arguments: ["mysql", "--json", "-A"], instance: 1, endsAtFirstError: true))
            let folder = try #require(program.environment["MYSQL_HOME"])
            #expect(try String(contentsOfFile: "\(folder)/my.cnf", encoding: .utf8) == "password=x\n")
            // The client may still run; any command after its end removes the folder.
            _ = await scene.roost("ls")
            #expect(FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func filesOfRunsThatEndedGoWithTheNextCommand() async throws {
        try await withDaemon(["GET /v1/applications": { _ in try .json(ItemList<ApplicationInfo>([])) }]) { scene, _ in
            let place = ".local/state/roost"
            let own = RunFolder.Owner.current
            // Folders of another process that had this process id, of a process that is gone, and of an older Roost.
            let over = ["ramen.data.\(own.process)-1", "ramen.data.4194305-77", "ramen.data-3xk2a"]
            let kept = ["ramen.data.\(own.text)", "somebody.else"]
            for name in over + kept { try scene.write("secret", to: "\(place)/\(name)/my.cnf") }
            try scene.write("notes", to: "\(place)/somebody.else/notes")
            // A process in a container has a process id of its own there, and holds the lock here.
            try scene.write("secret", to: "\(place)/ramen.data.4194306-77/my.cnf")
            let held = open("\(scene.folder)/\(place)/ramen.data.4194306-77", O_RDONLY | O_DIRECTORY)
            #expect(flock(held, LOCK_SH) == 0)
            defer { close(held) }
            let outcome = await scene.roost("ls")
            #expect(outcome.status == 0, "\(outcome)")
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(scene.folder)/\(place)")
            #expect(Set(left) == Set(kept + ["ramen.data.4194306-77"]))
        }
    }

    @Test func filesAndFoldersAreTheCallersAlone() async throws {
        try await withScene { scene in
            let files = ClientFiles(for: caller(scene))
            let run = try files.write(["my.cnf": "one", "mysql": "#!/bin/sh\n"], for: "ramen.data")
            let folder = run.path
            #expect(try mode(folder) == 0o700)
            #expect(try mode("\(folder)/my.cnf") == 0o600)
            #expect(try mode("\(folder)/mysql") == 0o700, "a script can be run")
            // A folder that was opened to other users meanwhile is closed again, and a file is replaced in one step.
            #expect(chmod(folder, 0o755) == 0)
            #expect(try files.write(["my.cnf": "two"], for: "ramen.data").path == folder)
            #expect(try mode(folder) == 0o700)
            #expect(try String(contentsOfFile: "\(folder)/my.cnf", encoding: .utf8) == "two")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["my.cnf", "mysql"])
            run.remove()
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func theRuntimeFolderIsUsedWhereItIsTheCallersOwn() async throws {
        try await withScene { scene in
            try scene.write("", to: "runtime/file")
            let own = caller(scene, ["XDG_RUNTIME_DIR": "\(scene.folder)/runtime"])
            #expect(
                try ClientFiles(for: own).write([:], for: "x").path == "\(scene.folder)/runtime/roost/x.\(Self.mine)")
            let missing = caller(scene, ["XDG_RUNTIME_DIR": "\(scene.folder)/missing"])
            #expect(
                try ClientFiles(for: missing).write([:], for: "x").path
                    == "\(scene.folder)/.local/state/roost/x.\(Self.mine)")
        }
    }

    static var mine: String { RunFolder.Owner.current.text }

    @Test(arguments: [".local/state/roost", ".local/state/roost/ramen.data.\(mine)"])
    func aLinkInPlaceOfAFolderIsRefused(place: String) async throws {
        try await withScene { scene in
            try scene.write("", to: "elsewhere/file")
            let link = "\(scene.folder)/\(place)"
            try FileManager.default.createDirectory(
                at: URL(filePath: link).deletingLastPathComponent(), withIntermediateDirectories: true)
            #expect(symlink("\(scene.folder)/elsewhere", link) == 0)
            #expect(throws: Problem.self) { try ClientFiles(for: caller(scene)).write(["f": ""], for: "ramen.data") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scene.folder)/elsewhere") == ["file"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func anotherUsersFolderIsRefused() async throws {
        try await withScene { scene in
            let folder = "\(scene.folder)/.local/state/roost"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            #expect(chown(folder, 1, 1) == 0)
            #expect(throws: Problem.self) { try ClientFiles(for: caller(scene)).write(["f": ""], for: "x") }
        }
    }

    @Test(arguments: ["", ".", "..", "../f", "a/b", "a\0b"])
    func aFileNeverLeavesItsFolder(name: String) async throws {
        try await withScene { scene in
            #expect(throws: Problem.self) { try ClientFiles(for: caller(scene)).write([name: ""], for: "x") }
        }
    }

    @Test func programsAreFoundAsAShellFindsThem() async throws {
        try await withScene { scene in
            for name in ["a/client", "b/client", "c/text"] { try scene.write("", to: name) }
            #expect(chmod("\(scene.folder)/b/client", 0o755) == 0)
            let path = ["PATH": "\(scene.folder)/none:\(scene.folder)/a:\(scene.folder)/b:\(scene.folder)/c"]
            let found = { name in try Program(arguments: [name], environment: path).find() }
            #expect(try found("client") == "\(scene.folder)/b/client")
            #expect(try found("\(scene.folder)/b/client") == "\(scene.folder)/b/client")
            for (name, status) in [("text", 126), ("a", 127), ("nothing", 127), ("", 127), ("./nothing", 127)]
                as [(String, Int32)]
            {
                #expect { try found(name) } throws: { ($0 as? Program.Failure)?.status == status }
            }
        }
    }

    @Test func aSignalledClientEndsAsInAShell() {
        #expect(WatchedInput.exitStatus(7 << 8) == 7)
        #expect(WatchedInput.exitStatus(SIGINT) == 130)
        // The status includes the core dump flag.
        #expect(WatchedInput.exitStatus(SIGSEGV | 0x80) == 139)
    }

    private func caller(_ scene: Scene, _ environment: [String: String] = [:]) -> Caller {
        Caller(
            environment: environment, directory: scene.folder, userID: geteuid(), userHome: scene.folder,
            write: { _, _ in })
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return status.st_mode & 0o777
    }
}
