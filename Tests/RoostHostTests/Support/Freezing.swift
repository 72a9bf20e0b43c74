import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// The ways to freeze a server.
enum Freezing: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case legacyGroup, unifiedGroup, signals

    var testDescription: String { rawValue }

    /// The ways that this machine and the caller's rights allow.
    static let possible = allCases.filter { $0 == .signals || $0.layout != nil }

    /// The hierarchies as they are, whether or not they are those that Roost would choose here.
    var layout: ControlGroups.Layout? {
        let mounts = CgroupMounts.current()
        switch self {
        case .legacyGroup:
            guard let freezer = mounts.legacy["freezer"], access(freezer, W_OK) == 0 else { return nil }
            return .legacy(["freezer": freezer])
        case .unifiedGroup:
            return UnifiedRoot.path.map { .unified(root: $0, controllers: []) }
        case .signals: return nil
        }
    }
}

enum Programs {
    /// The guard as it was built with the tests.
    static let freezeGuard = (CommandLine.arguments.first.map { URL(filePath: $0) } ?? URL(filePath: "/"))
        .deletingLastPathComponent().appending(path: "roost-guard").path
}

/// A server that can be frozen, in a temporary folder. Server and folder are gone afterwards, also after a freeze.
struct FreezableServer: Sendable {
    let server: ServerFixture
    let process: ServerProcess
    let subject: FreezeSubject

    func guarded(deadline: Duration = .seconds(30)) throws(HostError) -> FreezeGuard {
        try FreezeGuard(program: Programs.freezeGuard, subject: subject, deadline: deadline)
    }
}

extension FreezableServer {
    /// The number of bytes that `withWriter`'s server has written so far.
    func written() throws -> Int {
        try URL(filePath: server.folder + "/written").resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    }

    func goesOn() async throws -> Bool {
        let before = try written()
        return try await eventually { try written() > before }
    }
}

func withFreezable<Result>(
    isolation: isolated (any Actor)? = #isolation, _ freezing: Freezing, script: (String) -> String,
    _ body: (FreezableServer) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        try Storage.makeFolder(folder + "/logs")
        let tag = "test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let groups = freezing.layout.map { ControlGroups(layout: $0, homeTag: tag) }
        let group = try groups?.group("data.0")
        let server = ServerFixture(folder: folder, group: group, user: nil)
        let process = try server.spawn(script: script(folder))
        let result: Swift.Result<Result, any Error>
        do {
            let members = { server.remains.members() }
            let subject = group.map { FreezeSubject.group($0) } ?? .processes(members())
            result = .success(try await body(FreezableServer(server: server, process: process, subject: subject)))
        } catch {
            result = .failure(error)
        }
        // A frozen process does not die.
        try group?.thaw()
        try await server.remains.killAll()
        try group?.remove()
        groups?.removeEmpty()
        return try result.get()
    }
}

/// A shell that appends to a file as fast as it can, for as long as its starter lives.
func withWriter<Result>(
    isolation: isolated (any Actor)? = #isolation, _ freezing: Freezing,
    _ body: (FreezableServer) async throws -> Result
) async throws -> Result {
    let script = { (folder: String) in "while kill -0 $PPID && echo x >> '\(folder)/written'; do :; done" }
    return try await withFreezable(freezing, script: script) { server in
        #expect(try await eventually { access(server.server.folder + "/written", F_OK) == 0 })
        return try await body(server)
    }
}
