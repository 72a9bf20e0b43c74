import Foundation
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct AdoptionTests {
    @Test(arguments: Grouping.possible)
    func whatNeverRanIsNone(_ grouping: Grouping) async throws {
        try await withServer(grouping: grouping) { server in #expect(server.adopt().isNone) }
    }

    /// A roostd that dies by SIGKILL right after it started a server.
    @Test func adoptsAServerWhoseStarterDied() async throws {
        try await withFolder { folder in
            try Storage.makeFolder(folder + "/logs")
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                let server = ServerFixture(folder: folder, group: nil, user: nil)
                _ = try server.spawn("/bin/sleep", ["1000"])
                kill(getpid(), SIGKILL)
            }
            let server = ServerFixture(folder: folder, group: nil, user: nil)
            let process = try #require(server.adopt().process)
            #expect(process.isRunning)
            #expect(throws: HostError.alreadyRunning(lockFile: server.lockFile)) { _ = try server.spawn("/bin/true") }
            try process.signal(SIGTERM)
            #expect(try await process.waitForExit() == .unknown)
            #expect(!process.isRunning)
            try await server.remains.killAll()
            #expect(server.adopt().isNone)
        }
    }

    @Test(.enabled(if: ControlGroups.canLimit, "no cgroup can be made here"))
    func adoptsAServerInItsGroupWhoseStarterDied() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let tag = try #require(server.group?.homeTag)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = server.folder as String, tag = tag as String] in
                let group = try ControlGroups.detect(homeTag: tag).group("data.0")
                let server = ServerFixture(folder: folder, group: group, user: nil)
                _ = try server.spawn("/bin/sleep", ["1000"])
                kill(getpid(), SIGKILL)
            }
            let process = try #require(server.adopt().process)
            #expect(server.group?.members() == [process.pid])
            try process.signal(SIGKILL)
            #expect(try await process.waitForExit() == .unknown)
        }
    }

    /// A process with root's rights can move any process anywhere; Roost must still find its servers.
    @Test(.enabled(if: ControlGroups.canLimit, "no cgroup can be made here"))
    func aServerThatWasMovedOutOfItsGroupIsFoundPutBackAndKilled() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            let process = try server.spawn("/bin/sleep", ["1000"])
            #expect(group.strays(among: [process.pid]).isEmpty)
            try LooseProcess.moveToTheTop(process.pid)
            #expect(group.members().isEmpty)
            #expect(group.strays(among: [process.pid]) == [process.pid])
            // Without this a second server would be started beside the first, or the first be taken for dead.
            #expect(server.adopt().process?.pid == process.pid)
            #expect(server.remains.members() == [process.pid])
            try group.take(server.remains.everyone())
            #expect(group.members() == [process.pid])
            #expect(group.strays(among: [process.pid]).isEmpty)
            try LooseProcess.moveToTheTop(process.pid)
            try await server.remains.killAll()
            #expect(try await process.waitForExit() == .signalled(SIGKILL))
        }
    }

    @Test(arguments: Grouping.possible)
    func findsAndKillsWhatOutlivesTheMainProcess(_ grouping: Grouping) async throws {
        try await withServer(grouping: grouping) { server in
            // A child takes a session of its own, as PostgreSQL's backends do.
            let process = try server.spawn(script: "sleep 1000 & setsid sleep 1000 & echo started; wait")
            _ = try await server.line(startingWith: "started")
            #expect(try await eventually { server.remains.members().count == 3 })
            try process.signal(SIGKILL)
            _ = try await process.waitForExit()
            guard case .remains(let pids) = server.adopt() else {
                Issue.record("two processes remain, and yet: \(server.adopt())")
                return
            }
            #expect(pids.count == 2 && !pids.contains(process.pid))
            #expect(throws: HostError.self) {
                if server.group == nil { _ = try server.spawn("/bin/true") } else { throw HostError.processGone(0) }
            }
            try await server.remains.killAll()
            #expect(server.adopt().isNone)
        }
    }

    /// Where there is no group, a child that closes its inherited descriptors is found by the server's session.
    @Test func findsAChildThatClosedTheLock() async throws {
        try await withServer { server in
            let process = try server.spawn(
                script: "(for n in 3 4 5 6 7 8 9; do eval \"exec $n>&-\"; done; sleep 1000) & echo started; wait")
            _ = try await server.line(startingWith: "started")
            try process.signal(SIGKILL)
            _ = try await process.waitForExit()
            #expect(!server.remains.members().isEmpty)
            #expect(!server.adopt().isNone)
        }
    }

    @Test(arguments: Grouping.possible)
    func zombieIsDead(_ grouping: Grouping) async throws {
        try await withServer(grouping: grouping) { server in
            // The program that replaces the shell never waits for the shell's child.
            let process = try server.spawn(script: "sleep 0.01 & echo child $!; exec sleep 1000")
            let child = try #require(Int32(try await server.line(startingWith: "child").dropFirst(6)))
            #expect(try await eventually { ProcessStatus(pid: child)?.isAlive == false })
            #expect(server.remains.members() == [process.pid])
        }
    }

    struct Claim: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: @Sendable (ServerRecord) -> String
    }

    static let falseClaims = [
        Claim(testDescription: "another boot") { "\($0.pid) \($0.startTime) 00000000-0000-0000-0000-000000000000\n" },
        Claim(testDescription: "another start time") { "\($0.pid) \($0.startTime + 1) \($0.bootID)\n" },
        Claim(testDescription: "a process that is none of the server") { record in
            "\(getpid()) \(ProcessStatus(pid: getpid())?.startTime ?? 0) \(record.bootID)\n"
        },
        Claim(testDescription: "no number") { _ in "1; DROP TABLE\n" },
        Claim(testDescription: "nothing") { _ in "" },
    ]

    /// The record's claim is checked; the lock still shows that a process runs, and no server is started beside it.
    @Test(arguments: Grouping.possible, falseClaims)
    func recordAloneIsNotBelieved(_ grouping: Grouping, _ claim: Claim) async throws {
        try await withServer(grouping: grouping) { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let truth = try read(server.recordFile)
            let record = try #require(ServerRecord(truth))
            try write(claim.text(record), to: server.recordFile)
            let adoption = server.adopt()
            #expect(adoption.process == nil && !adoption.isNone)
            #expect(process.isRunning)
            try write(truth, to: server.recordFile)
            #expect(server.adopt().process?.pid == process.pid)
        }
    }

    /// A free lock outweighs a record where there is no group to ask.
    @Test func runningProcessWithoutLockIsUnclear() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            try FileManager.default.removeItem(atPath: server.lockFile)
            guard case .unclear = server.adopt() else {
                Issue.record("the record alone was believed: \(server.adopt())")
                return
            }
            try process.signal(SIGKILL)
            _ = try await process.waitForExit()
            #expect(server.adopt().isNone)
        }
    }

    @Test func strangersSessionOfTheSameNumberIsSpared() async throws {
        try await withServer { server in
            let stranger = try server.spawn("/bin/sleep", ["1000"])
            // The remains of a server that had the same process id earlier since boot.
            let record = "\(stranger.pid) \(stranger.startTime - 1) \(Machine.bootID)\n"
            let earlier = ServerFixture(folder: server.folder + "/earlier", group: nil, user: nil)
            try Storage.makeFolder(earlier.folder)
            try write(record, to: earlier.recordFile)
            #expect(earlier.adopt().isNone)
            try await earlier.remains.killAll()
            #expect(stranger.isRunning)
        }
    }
}

extension Adoption {
    fileprivate var process: ServerProcess? { if case .running(let process) = self { process } else { nil } }
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}

extension ControlGroup {
    fileprivate var homeTag: String? { folders.first?.split(separator: "/").dropLast().last.map(String.init) }
}
