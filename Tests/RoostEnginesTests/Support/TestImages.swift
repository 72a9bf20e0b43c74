import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostEngines

// Snapshots of test servers, and servers on copies of them.
extension ServerPlan {
    /// The plan of a copy: its addresses, folders and passwords differ from the original's.
    func copied(_ profile: ServerProfile) -> ServerPlan {
        ServerPlan(
            instance: InstanceID(ServiceID(ApplicationName(checked: "clones"), ServiceName(checked: "one")), 0),
            settings: settings, folders: folders, internalPort: internalPort, routerAddress: routerAddress,
            serverID: serverID + 1, domainID: domainID + 1, applicationUser: applicationUser,
            applicationPassword: "cloneSecret1",
            previousPassword: nil, administrationPassword: "cloneAdministrationSecret1", databases: databases,
            certificate: certificate, profile: profile)
    }
}

extension TestServer {
    /// Freezes the server, copies its directory as it is, and thaws the server. Runs `body` with the copy's path and
    /// the number of writes that were acknowledged until then. The copy may hold one write more.
    func withImage(
        settled: Bool = true, counting writer: TestWriter = TestWriter(),
        _ body: (_ image: String, _ count: Int64) async throws -> Void
    ) async throws {
        let image = "/tmp/roost-engine-image-\(UUID().uuidString.prefix(8))"
        if settled { try await engine.settling?.settle(plan.address) }
        try await suspend()
        let count: Int64
        do {
            defer { signal(SIGCONT) }
            try TestProgram.run("/bin/cp", ["-a", plan.folders.data, image])
            count = writer.acknowledged
        }
        defer { try? FileManager.default.removeItem(atPath: image) }  // Left behind: a folder below /tmp.
        try await body(image, count)
    }

    /// The error that a script ends with; `none`: it ran to its end.
    func failure(_ script: String) async -> String {
        do throws(EngineError) {
            try await engine.scripting().run(script: script, plan, build: build, user: nil)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    /// Runs a server of another plan on a copy of a directory.
    static func onCopy(
        of directory: String, _ engine: any Engine, _ profile: ServerProfile, memory: ByteCount = .mebibytes(256),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await Seed.$path.withValue(directory) {
            try await TestServer.with(engine, memory: memory, reshaped: { $0.copied(profile) }, body)
        }
    }
}

/// A writer that writes without pause until it is stopped, and counts the acknowledged writes.
final class TestWriter: Sendable {
    private struct State {
        var acknowledged: Int64 = 0
        var hasEnded = false
    }

    private let state = Mutex(State())

    var acknowledged: Int64 { state.withLock { $0.acknowledged } }

    /// Runs `write` with 0, 1, 2 … beside `body`. Blocks a thread of the pool for administration.
    func during<Fault: Error>(
        _ write: @escaping @Sendable (Int64) throws(Fault) -> Void, _ body: () async throws -> Void
    ) async throws {
        async let writing = AdministrationThreads.run { () throws(Fault) in
            defer { self.end() }
            while !self.hasEnded {
                let next = self.acknowledged
                try write(next)
                self.state.withLock { $0.acknowledged = next + 1 }
            }
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        end()
        try await writing.get()
        try result.get()
    }

    func wait(until count: Int64) async throws {
        while acknowledged < count {
            try #require(!hasEnded, "the writer failed")
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private var hasEnded: Bool { state.withLock { $0.hasEnded } }
    private func end() { state.withLock { $0.hasEnded = true } }
}
