import Foundation
import Logging
import RoostModel
import ServiceLifecycle
import Testing

@testable import RoostServer

/// The services as the daemon runs them, in a folder of their own.
struct LiveServer: Sendable {
    let platform: FakePlatform
    let folder: String
    let socketPath: String
    let log: RecordedLog
    let group: ServiceGroup
    let port: Int
    let myaasPort: Int

    /// Runs `body` beside the server, then stops the server and removes its folder.
    static func with<Value: Sendable>(
        timeouts: Timeouts = Timeouts(), _ body: @escaping @Sendable (LiveServer) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-http-\(UUID().uuidString.prefix(8))")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }

        let (platform, log) = (FakePlatform(), RecordedLog())
        let logger = Logger(label: "test") { _ in RecordingHandler(log: log) }
        let socketPath = "\(folder)/roostd.sock"
        let settings = ServerSettings(
            socketPath: socketPath, listen: ("127.0.0.1", 0), allowedHosts: [],
            myaas: MyaasSettings(host: "127.0.0.1", port: 0), version: "1.2.3")
        let api = API(
            platform: platform.value, settings: settings, logger: logger, pages: try Bench.pages.get(),
            timeouts: timeouts)
        let group = ServiceGroup(
            configuration: .init(services: try api.services(), logger: Logger(label: "group")))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // Readers of the log of a server that did not come up do not wait for ever.
                defer { log.end() }
                try await group.run()
            }
            #expect(await log.lines.wait(for: "listening socket="))
            #expect(await log.lines.wait(for: "listening address="))
            #expect(await log.lines.wait(for: "Listening for myaas scripts address="))
            let port = try #require(api.address.port)
            let myaasPort = try #require(api.myaasAddress.port)
            let server = LiveServer(
                platform: platform, folder: folder, socketPath: socketPath, log: log, group: group, port: port,
                myaasPort: myaasPort)
            let result: Result<Value, any Error>
            do { result = .success(try await body(server)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    func connect() throws -> RawConnection {
        let connection = try RawConnection(port: port)
        connection.read()
        return connection
    }

    func connectLocally() throws -> RawConnection {
        let connection = try RawConnection(path: socketPath)
        connection.read()
        return connection
    }
}
