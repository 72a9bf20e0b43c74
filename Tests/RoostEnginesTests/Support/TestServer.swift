import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// A real database server in a folder of its own, on loopback, as an unprivileged user.
final class TestServer {
    static var mariadb: MariaDB { MariaDB(addedBuilds: EachRelease.engines) }

    let engine: any Engine
    let folder: String
    let build: EngineBuild
    var plan: ServerPlan
    private var process: Process?

    /// Runs `body` with a server that is started and not open yet. All its files are removed afterwards. `data`: a
    /// directory that the server gets a copy of; nil: the suite's fresh one.
    static func with(
        _ engine: any Engine = TestServer.mariadb, config: [String: String] = [:], memory: ByteCount = .mebibytes(256),
        certificate: ServerCertificate? = nil, profile: ServerProfile = .service, on data: String? = nil,
        reshaped: (ServerPlan) -> ServerPlan = { $0 }, preparing prepare: (TestServer) async throws -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let server = try TestServer(engine, config: config, memory: memory, certificate: certificate, data: data)
        server.plan = reshaped(server.plan.of(profile))
        do {
            try await prepare(server)
            try server.start()
            try await server.waitUntilItAnswers()
            try await body(server)
        } catch {
            Issue.record("\(server.build.identity): \(error); its log ends so:\n\(server.logTail)")
        }
        server.kill()
        try FileManager.default.removeItem(atPath: server.folder)
    }

    private init(
        _ engine: any Engine, config: [String: String], memory: ByteCount, certificate: ServerCertificate?,
        data: String?
    ) throws {
        // SIGPIPE is ignored, as in roostd: a write to a program that has ended is an error of that write.
        Foundation.signal(SIGPIPE, SIG_IGN)
        self.engine = engine
        build = try #require(engine.builds().first, "\(engine.family.name) is not installed")
        let data = try data ?? #require(Seed.path)
        folder = "/tmp/roost-engine-\(UUID().uuidString.prefix(8))"
        plan = try Self.plan(
            folder: folder, user: engine.family.applicationUser, config: config, memory: memory,
            certificate: certificate)
        try TestFolder.make(folder)
        for part in ["run", "logs"] { try TestFolder.make("\(folder)/\(part)") }
        try FileManager.default.createDirectory(atPath: "\(folder)/conf", withIntermediateDirectories: false)
        try TestProgram.run("/bin/cp", ["-a", data, plan.folders.data])
    }

    static func plan(
        folder: String, user: String = "root", config: [String: String] = [:], memory: ByteCount = .mebibytes(256),
        databases: [String] = ["data"], previousPassword: String? = nil, certificate: ServerCertificate? = nil
    ) throws -> ServerPlan {
        let port = try freePort()
        return ServerPlan(
            instance: InstanceID(ServiceID(try ApplicationName("ramen"), try ServiceName("data")), 0),
            settings: ServiceSettings(memory: memory, config: config),
            folders: ServerFolders(
                data: "\(folder)/data", configuration: "\(folder)/conf", run: "\(folder)/run", logs: "\(folder)/logs"),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 77, domainID: 9,
            applicationUser: user, applicationPassword: "shownSecret1", previousPassword: previousPassword,
            administrationPassword: "administrationSecret1", databases: databases, certificate: certificate)
    }

    /// The process id of the running server; nil: it ended.
    var pid: Int32? { process.flatMap { $0.isRunning ? $0.processIdentifier : nil } }

    // MARK: Running it

    func start() throws {
        let launch = engine.launch(plan, build: build)
        try writeFiles(launch.files.merging(launch.bootFiles) { _, boot in boot })
        for path in launch.staleFiles where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
        try writePrivateFiles()
        let process = Process()
        let words = TestUser.unprivileged([launch.program] + launch.arguments)
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = launch.environment
        try Data().write(to: URL(filePath: "\(folder)/error.log"))
        let log = try FileHandle(forWritingTo: URL(filePath: "\(folder)/error.log"))
        process.standardError = log
        process.standardOutput = log
        process.standardInput = FileHandle.nullDevice
        try Self.withoutBlockedSignals { try process.run() }
        self.process = process
    }

    /// Threads of the concurrency pool block signals, and a server that inherits this never sees SIGTERM.
    private static func withoutBlockedSignals(_ work: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try work()
    }

    /// Writes the files of a start, or those of a change in place.
    func writeFiles(_ files: [String: String]? = nil) throws {
        for (name, text) in files ?? engine.launch(plan, build: build).files {
            let path = "\(folder)/conf/\(name)"
            try Data(text.utf8).write(to: URL(filePath: path))
            // Files have the same owner and mode as from roostd: some servers refuse a key that others may read.
            guard geteuid() == 0 else {
                try #require(chmod(path, 0o600) == 0)
                continue
            }
            try #require(chown(path, 0, TestUser.server.gid) == 0 && chmod(path, 0o640) == 0)
        }
    }

    func writePrivateFiles() throws {
        for (name, text) in engine.launch(plan, build: build).privateFiles {
            try writePrivately(text, to: "\(folder)/conf/\(name)")
        }
    }

    private func writePrivately(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try #require(chmod(path, 0o600) == 0 && chown(path, TestUser.server.uid, TestUser.server.gid) == 0)
    }

    /// Probes repeatedly, as the reconciler does, until the server answers or has ended.
    func waitUntilItAnswers() async throws {
        while true {
            switch await engine.probe(plan.address) {
            case .healthy, .drifted, .closed: return
            case .starting, .crowded, .unknown, .unhealthy, .lockedOut:
                try #require(process?.isRunning == true, "the server ended")
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Stops the server as cleanly as the engine can.
    func stop() {
        signal(engine.stopSignal)
        process?.waitUntilExit()
    }

    func restart() async throws {
        stop()
        try start()
        try await waitUntilItAnswers()
    }

    func signal(_ number: Int32) {
        if let process, process.isRunning { Foundation.kill(process.processIdentifier, number) }
    }

    /// Stops every thread of the server, and waits until they have stopped.
    func suspend() async throws {
        signal(SIGSTOP)
        let tasks = "/proc/\(try #require(process).processIdentifier)/task"
        while try FileManager.default.contentsOfDirectory(atPath: tasks).contains(where: { task in
            let status = try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8)
            return status.split(separator: ")").last?.hasPrefix(" T") == false
        }) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func kill() {
        signal(SIGKILL)
        process?.waitUntilExit()
    }

    var logTail: String {
        let text = (try? String(contentsOfFile: "\(folder)/error.log", encoding: .utf8)) ?? "(none)"
        return text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }

    // MARK: Asking it

    /// Runs one statement as Roost's own account of a server of the MySQL family.
    @discardableResult
    func administration(_ statement: String) throws -> [[String?]] {
        try ServerConnection(plan.address, .administration).run(statement)
    }

    /// Runs the real client as a user would; its input may hold several statements, one a line.
    @discardableResult
    func client(
        _ arguments: [String] = ["mariadb"], user: String? = nil, password: String? = nil, input: String = ""
    ) throws -> TestProgram.Outcome {
        let request = ClientRequest(
            arguments: arguments, host: "127.0.0.1", port: plan.internalPort, user: user ?? plan.applicationUser,
            password: password ?? plan.applicationPassword, database: "data", authority: plan.certificate?.authority)
        let command = try engine.client(request, build: build)
        let files = "\(folder)/client-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: false)
        for (name, text) in command.files {
            // The files have the command line's mode: clients do not read a password that others could.
            let isWritten = FileManager.default.createFile(
                atPath: "\(files)/\(name)", contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            try #require(isWritten)
        }
        let filled = { (text: String) in text.replacing("{files}", with: files) }
        var environment = command.environment.mapValues(filled)
        environment["PATH"] = (command.path + ["/usr/bin", "/bin"]).joined(separator: ":")
        return try TestProgram.outcome(
            "/usr/bin/env", command.arguments.map(filled), environment: environment, input: input)
    }

    static func freePort() throws -> PortNumber {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int in
                guard bind(descriptor, generic, size) == 0, getsockname(descriptor, generic, &size) == 0 else {
                    return 0
                }
                return Int(UnsafeRawPointer(generic).load(as: sockaddr_in.self).sin_port.bigEndian)
            }
        }
        return try #require(PortNumber(port))
    }
}
