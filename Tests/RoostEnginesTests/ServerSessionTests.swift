import Foundation
import RoostHost
import RoostModel
import Testing

@testable import RoostEngines

/// Files and command of a server's start, with their owners.
@Suite struct ServerSessionTests {
    private static let owner = ServerUser(name: "ramen", uid: 4001, gid: 4002)
    private static let root = ServerUser(name: "root", uid: 0, gid: 4002)

    private func session(user: ServerUser?) throws -> ServerSession {
        var engine = FakeEngine("fake", types: [.mariadb], versions: ["1.0"])
        engine.fixedLaunch = Launch(
            files: ["b.conf": "open", "a.conf": "settings"], bootFiles: ["b.conf": "closed", "c.conf": "boot"],
            privateFiles: ["a.key": "key"], staleFiles: ["/srv/data/pid"], program: "/bin/server",
            arguments: ["--verbose"], environment: ["LC_ALL": "C"], effective: [:])
        return ServerSession(
            engine: engine, build: try #require(engine.builds().first), plan: try TestServer.plan(folder: "/srv"),
            user: user)
    }

    @Test func aStartWritesTheFilesOfAServerThatBootsClosed() throws {
        #expect(
            try session(user: Self.owner).files(for: .start) == [
                LaunchFile(path: "/srv/conf/a.conf", text: "settings", mode: 0o640, owner: Self.root),
                LaunchFile(path: "/srv/conf/b.conf", text: "closed", mode: 0o640, owner: Self.root),
                LaunchFile(path: "/srv/conf/c.conf", text: "boot", mode: 0o640, owner: Self.root),
                LaunchFile(path: "/srv/conf/a.key", text: "key", mode: 0o600, owner: Self.owner),
            ])
    }

    @Test func aChangeWritesNoBootFile() throws {
        #expect(
            try session(user: Self.owner).files(for: .change) == [
                LaunchFile(path: "/srv/conf/a.conf", text: "settings", mode: 0o640, owner: Self.root),
                LaunchFile(path: "/srv/conf/b.conf", text: "open", mode: 0o640, owner: Self.root),
                LaunchFile(path: "/srv/conf/a.key", text: "key", mode: 0o600, owner: Self.owner),
            ])
    }

    @Test func withoutAUserEveryFileIsTheCallersAlone() throws {
        let files = try session(user: nil).files(for: .start)
        #expect(files.map(\.mode) == [0o600, 0o600, 0o600, 0o600])
        #expect(files.allSatisfy { $0.owner == nil })
    }

    @Test func theCommandIsTheLaunchsInTheDataDirectory() throws {
        let command = try session(user: Self.owner).command(
            logFile: "/srv/log", lockFile: "/srv/lock", recordFile: "/srv/record", group: nil)
        #expect(command.program == "/bin/server")
        #expect(command.arguments == ["--verbose"])
        #expect(command.environment == ["LC_ALL": "C"])
        #expect(command.user == Self.owner)
        #expect(command.workingDirectory == "/srv/data")
        #expect(command.staleFiles == ["/srv/data/pid"])
    }
}
