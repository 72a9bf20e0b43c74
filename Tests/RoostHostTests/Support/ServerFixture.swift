import Foundation
import RoostHost
import RoostModel
import Testing

/// The files of one instance in a temporary folder, and its group; processes that were started there are gone
/// afterwards.
struct ServerFixture: Sendable {
    let folder: String
    let group: ControlGroup?
    let user: ServerUser?

    var lockFile: String { folder + "/lock" }
    var recordFile: String { folder + "/record" }
    var logFile: String { folder + "/logs/server.log" }
    var remains: ServerRemains { ServerRemains(lockFile: lockFile, recordFile: recordFile, group: group) }

    func launch(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:]) -> ServerLaunch {
        ServerLaunch(
            program: program, arguments: arguments, environment: environment, user: user, workingDirectory: "/",
            logFile: logFile, lockFile: lockFile, recordFile: recordFile, group: group)
    }

    func spawn(_ program: String, _ arguments: [String] = []) throws -> ServerProcess {
        try ServerLauncher.spawn(launch(program, arguments))
    }

    /// A shell script as server.
    func spawn(script: String) throws -> ServerProcess {
        try ServerLauncher.spawn(
            launch("/bin/sh", ["-c", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]))
    }

    func adopt() -> Adoption { ServerLauncher.adopt(lockFile: lockFile, recordFile: recordFile, group: group) }

    /// Waits for a line of the server's log that begins so, and returns it.
    func line(startingWith text: String) async throws -> String {
        for await line in LogFile.follow(logFile, last: 1000, every: .milliseconds(5)) where line.hasPrefix(text) {
            return line
        }
        throw CancellationError()
    }

    func log() throws -> [String] { try LogFile.tail(logFile, lines: 10_000) }
}

/// The ways to hold a server's processes together: each rule about them holds for both.
enum Grouping: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case controlGroup, session

    var testDescription: String { rawValue }

    /// The ways that this machine and the caller's rights allow.
    static let possible = allCases.filter { $0 == .session || ControlGroups.canLimit }
}

extension ControlGroups {
    static let canLimit: Bool = {
        let groups = detect(homeTag: "test-\(getpid())-probe")
        defer { groups.removeEmpty() }
        return groups.summary.enforcesLimits
    }()
}

func withServer<Result>(
    isolation: isolated (any Actor)? = #isolation, grouping: Grouping = .session, user: ServerUser? = nil,
    _ body: (ServerFixture) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let groups = ControlGroups.detect(homeTag: "test-\(getpid())-\(UInt32.random(in: .min ... .max))")
        let group = grouping == .controlGroup ? try groups.group("data.0") : nil
        try Storage.makeFolder(folder + "/logs", mode: 0o755, owner: user)
        let fixture = ServerFixture(folder: folder, group: group, user: user)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(fixture))
        } catch {
            result = .failure(error)
        }
        try await fixture.remains.killAll()
        #expect(fixture.remains.members().isEmpty)
        try group?.remove()
        groups.removeEmpty()
        return try result.get()
    }
}
