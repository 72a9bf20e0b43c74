import Foundation
import Glibc
import RoostModel
import ServiceLifecycle
import Synchronization
import Testing

@testable import RoostServer

/// A running server: its socket's file, its streams, and how it stops.
@Suite struct LiveTests {
    @Test func theUnixSocketServesAdministratorsAndHasTheRightMode() async throws {
        try await LiveServer.with { server in
            var status = stat()
            #expect(lstat(server.socketPath, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
            if let group = LocalSocket.group {
                #expect(status.st_mode & 0o7777 == 0o660)
                #expect(status.st_gid == group)
            } else {
                #expect(status.st_mode & 0o7777 == 0o600)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: server.folder) == ["roostd.sock"])
            let connection = try server.connectLocally()
            connection.get("/v1/tokens", headers: ["Connection: close"])
            #expect(await connection.lines.wait(for: "HTTP/1.1 200 OK"))
            #expect(await connection.lines.wait(for: #""name":"ci""#))
        }
    }

    @Test func theSocketIsRemovedAtTheEnd() async throws {
        let path = try await LiveServer.with { server in server.socketPath }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aSocketLeftByADeadDaemonIsReplaced() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-left-\(UUID().uuidString.prefix(8))")
            .path
        try FileManager.default.createDirectory(atPath: folder + "/roostd.sock.new", withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        try Data().write(to: URL(filePath: folder + "/roostd.sock.new/s"))
        try Data().write(to: URL(filePath: folder + "/roostd.sock"))
        let socket = try LocalSocket(path: folder + "/roostd.sock")
        try socket.makePrivateFolder()
        #expect(try FileManager.default.contentsOfDirectory(atPath: socket.privateFolder).isEmpty)
        var status = stat()
        #expect(lstat(socket.privateFolder, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700)
        try Data("new".utf8).write(to: URL(filePath: socket.privatePath))
        try socket.publish()
        #expect(try String(contentsOfFile: socket.path, encoding: .utf8) == "new")
        #expect(!FileManager.default.fileExists(atPath: socket.privateFolder))
    }

    @Test func aPathThatNoSocketCanHaveIsRefused() {
        let path = "/" + String(repeating: "x", count: LocalSocket.longestPath)
        #expect(throws: LocalSocketError.pathTooLong(path)) { try LocalSocket(path: path) }
    }

    @Test func aFolderThatIsNotThereIsAnError() async throws {
        let bench = try Bench()
        let listener = try LocalListener(api: bench.api, path: "/nowhere/at/all/roostd.sock")
        await #expect(
            throws: LocalSocketError.step("make the folder", path: "/nowhere/at/all/roostd.sock.new", errno: ENOENT)
        ) {
            try await listener.run()
        }
    }

    @Test func anAddressThatIsTakenIsAnErrorThatSaysSo() async throws {
        try await LiveServer.with { server in
            let listener = NetworkListener(api: try Bench().api, host: "127.0.0.1", port: server.port)
            let error = await #expect(throws: ListenError.self) { try await listener.run() }
            #expect(error?.reason == "Address already in use")
            #expect(error?.description.contains("cannot listen on 127.0.0.1:\(server.port)") == true)
        }
    }

    /// The rest of the daemon starts after all its listeners listen, and does not start if one of them cannot.
    @Test func theRestOfTheDaemonBeginsBehindItsListeners() async throws {
        struct Part: ServiceLifecycle.Service {
            let begun: Lines
            func run() async throws {
                begun.append("begun")
                try await gracefulShutdown()
            }
        }
        let signal = ListeningSignal(listeners: 2)
        let part = Part(begun: Lines())
        signal.oneListens()
        let early = Task { try await StartedBehindListeners(part, signal).run() }
        early.cancel()
        try await early.value
        #expect(part.begun.all.isEmpty)
        signal.oneListens()
        let late = Task { try? await StartedBehindListeners(part, signal).run() }
        #expect(await part.begun.wait(for: "begun"))
        late.cancel()
        await late.value
    }

    @Test func eventsStreamAsTheyHappen() async throws {
        try await LiveServer.with { server in
            let connection = try server.connect()
            connection.get("/v1/events", headers: ["Authorization: Bearer ramen-token"])
            #expect(await connection.lines.wait(for: "Content-Type: text/event-stream"))
            #expect(await connection.lines.wait(for: "retry: 2000"))
            server.platform.report("instance_exited", application: "tea", message: "not for you")
            server.platform.report("instance_started", application: "ramen", message: "line 1\nline 2")
            #expect(await connection.lines.wait(for: "id: 2"))
            #expect(await connection.lines.wait(for: #"data: {"application":"ramen","count":1,"id":2,"#))
            #expect(await connection.lines.wait(for: #""message":"line 1\nline 2""#))
            #expect(!connection.lines.all.contains { $0.contains("not for you") })
            connection.close()
        }
    }

    @Test(arguments: [
        ("/v1/events", ["Last-Event-ID: 1"]), ("/v1/events?after=1", []), ("/v1/events?after=0", ["Last-Event-ID: 1"]),
    ])
    func aStreamGoesOnBehindTheLastEvent(uri: String, headers: [String]) async throws {
        try await LiveServer.with { server in
            for number in 1...3 { server.platform.report("tick", application: "ramen", message: "number \(number)") }
            let connection = try server.connectLocally()
            connection.get(uri, headers: headers)
            #expect(await connection.lines.wait(for: "number 3"))
            let data = connection.lines.all.filter { $0.hasPrefix("id:") }
            #expect(data == ["id: 2", "id: 3"])
            connection.close()
        }
    }

    @Test func aSilentStreamShowsThatItLives() async throws {
        var timeouts = Timeouts()
        timeouts.heartbeat = .milliseconds(5)
        try await LiveServer.with(timeouts: timeouts) { server in
            let connection = try server.connectLocally()
            connection.get("/v1/events")
            #expect(await connection.lines.wait(for: ": still here"))
            connection.close()
        }
    }

    @Test func aReaderThatLeavesIsLetGo() async throws {
        try await LiveServer.with { server in
            let connection = try server.connectLocally()
            connection.get("/v1/applications/ramen/instances/data.0/logs?follow=true&lines=1")
            #expect(await connection.lines.wait(for: "second"))
            connection.close()
            // No further line comes: the server has to notice by itself.
            #expect(await server.platform.happened.wait(for: "logs ended"))
        }
    }

    @Test func aRemovedTokenEndsItsStream() async throws {
        var timeouts = Timeouts()
        timeouts.heartbeat = .milliseconds(5)
        try await LiveServer.with(timeouts: timeouts) { server in
            let connection = try server.connect()
            connection.get("/v1/events", headers: ["Authorization: Bearer read-token"])
            #expect(await connection.lines.wait(for: ": still here"))
            server.platform.state.withLock { $0.tokens["read-token"] = nil }
            #expect(await connection.lines.ends())
        }
    }

    @Test func stoppingEndsStreamsAndWaits() async throws {
        var timeouts = Timeouts()
        // A machine that is busy with other tests may take long to send an answer; what is tested is that it is sent.
        timeouts.shutdown = .seconds(60)
        let (events, logs, wait) = try await LiveServer.with(timeouts: timeouts) { server in
            let (events, logs, wait) = (try server.connect(), try server.connectLocally(), try server.connectLocally())
            events.get("/v1/events", headers: ["Authorization: Bearer admin-token"])
            logs.get("/v1/applications/ramen/instances/data.0/logs?follow=true")
            server.platform.state.withLock { $0.operationsHang = true }
            wait.send(
                "POST /v1/applications/ramen/services/data/restart?wait=ready HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(await events.lines.wait(for: "retry: 2000"))
            #expect(await logs.lines.wait(for: "second"))
            #expect(await server.platform.happened.wait(for: "operation hangs"))
            return (events, logs, wait)
        }
        // The server has stopped, or this line would not be reached.
        #expect(await events.lines.ends())
        #expect(await logs.lines.ends())
        #expect(await wait.lines.wait(for: "503 Service Unavailable"))
        #expect(events.lines.all.last == "0\r" || events.lines.all.suffix(2).first == "0\r")
    }

    @Test func aReaderThatDoesNotReadCannotHoldUpStopping() async throws {
        let connection = try await LiveServer.with { server in
            let connection = try RawConnection(path: server.socketPath)
            server.platform.state.withLock { $0.logsOverflow = true }
            connection.get("/v1/applications/ramen/instances/data.0/logs?follow=true")
            #expect(await server.platform.happened.wait(for: "the socket is full"))
            return connection
        }
        connection.close()
    }

    @Test func aBodyThatDoesNotArriveIsNotWaitedForLong() async throws {
        var timeouts = Timeouts()
        timeouts.body = .milliseconds(5)
        try await LiveServer.with(timeouts: timeouts) { server in
            let connection = try server.connectLocally()
            connection.send("POST /v1/applications/ramen/push HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            #expect(await connection.lines.wait(for: "HTTP/1.1 504"))
            #expect(await connection.lines.wait(for: "the body did not arrive"))
            connection.close()
        }
    }

    @Test func aLargeBodyIsRefusedBeforeItIsSent() async throws {
        try await LiveServer.with { server in
            let connection = try server.connectLocally()
            connection.send(
                "POST /v1/applications/ramen/push HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{")
            #expect(await connection.lines.wait(for: "HTTP/1.1 413"))
            #expect(await connection.lines.wait(for: #""code":"body_too_large""#))
            connection.close()
        }
    }

    @Test func headersAreBounded() async throws {
        try await LiveServer.with { server in
            let connection = try server.connectLocally()
            connection.get("/healthz", headers: ["X-Long: " + String(repeating: "x", count: 40 << 10)])
            #expect(await connection.lines.wait(for: "HTTP/1.1 400"))
            connection.close()
        }
    }

    @Test(arguments: [("localhost", "200"), ("evil.example.com", "403")])
    func theHostIsCheckedOverTCPForEverything(host: String, status: String) async throws {
        try await LiveServer.with { server in
            let connection = try server.connect()
            connection.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(await connection.lines.wait(for: "HTTP/1.1 \(status)"))
            let local = try server.connectLocally()
            local.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(await local.lines.wait(for: "HTTP/1.1 200"))
        }
    }

    // MARK: The ends of connections

    /// Version and headers of a request; whether the connection ends behind its answer.
    static let connections: [(version: String, headers: String, ends: Bool)] = [
        ("1.1", "", false), ("1.1", "Connection: close\r\n", true), ("1.1", "Connection: Close, TE\r\n", true),
        ("1.0", "", true), ("1.0", "Connection: Keep-Alive\r\n", false), ("1.0", "Connection: close\r\n", true),
    ]

    @Test(arguments: connections)
    func aConnectionEndsWhereTheClientExpectsIt(_ row: (version: String, headers: String, ends: Bool)) async throws {
        try await LiveServer.with { server in
            for port in [server.port, server.myaasPort] {
                let connection = try RawConnection(port: port)
                connection.read()
                connection.send("GET /healthz HTTP/\(row.version)\r\nHost: localhost\r\n\(row.headers)\r\n")
                #expect(await connection.lines.wait(for: "HTTP/\(row.version) "))
                if row.ends {
                    #expect(await connection.lines.ends())
                } else {
                    connection.send("GET /again HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    #expect(await connection.lines.ends())
                    #expect(connection.lines.all.contains { $0.hasPrefix("HTTP/1.1 404") })
                }
                #expect(connection.lines.all.contains { $0.lowercased() == "connection: close\r" })
                #expect(!connection.lines.all.contains { $0.lowercased().hasPrefix("transfer-encoding") })
            }
        }
    }

    /// A client of HTTP/1.0 knows no chunks: the stream ends where the connection does.
    @Test func aStreamForAnOldClientHasNoChunks() async throws {
        try await LiveServer.with { server in
            let connection = try server.connectLocally()
            connection.send("GET /v1/events HTTP/1.0\r\n\r\n")
            #expect(await connection.lines.wait(for: "HTTP/1.0 200"))
            #expect(await connection.lines.wait(for: "retry: 2000"))
            #expect(!connection.lines.all.contains { $0.lowercased().hasPrefix("transfer-encoding") })
        }
    }

    @Test func theSignInAddressNamesTheListener() async throws {
        try await LiveServer.with { server in
            let local = try server.connectLocally()
            local.send("POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            #expect(await local.lines.wait(for: #""url":"http://127.0.0.1:\#(server.port)/sign-in?code=code-1""#))
        }
    }
}
