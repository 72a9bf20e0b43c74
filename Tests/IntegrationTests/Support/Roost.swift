import Foundation
import RoostAPI
import RoostModel
import Synchronization

/// A roostd with its own home folder and ports, driven through the built programs alone.
///
/// `withRoost` makes it, stops it, and looks for what it left behind.
final class Roost: Sendable {
    /// The path is short, because sockets live below it. The folder is open to be passed through, because servers run
    /// as other users.
    let folder: String
    let home: String
    let ports: PortSlot
    let mounts: PrivateMounts?
    private let extraArguments: [String]
    private let daemon = Mutex<(pid: Int32, end: ProcessEnd)?>(nil)

    init(folder: String, ports: PortSlot, mounts: PrivateMounts?, arguments: [String]) {
        self.folder = folder
        self.home = "\(folder)/home"
        self.ports = ports
        self.mounts = mounts
        self.extraArguments = arguments
    }

    // MARK: The daemon

    /// The running roostd's process id.
    var daemonPID: Int32? { daemon.withLock { $0?.pid } }

    var socket: String { "\(home)/roostd.sock" }
    var log: String { "\(folder)/roostd.log" }

    var daemonArguments: [String] {
        [
            "--home", home, "--listen", "127.0.0.1:\(ports.api)", "--ports", ports.endpoints,
            "--internal-ports", ports.internals,
        ] + extraArguments
    }

    /// Starts roostd and returns once it serves.
    func start(from programs: String = Programs.folder) async throws {
        try launch(from: programs)
        try await ready()
    }

    /// Starts roostd and returns at once.
    func launch(from programs: String = Programs.folder) throws {
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Unexpected("cannot write \(log): errno \(errno)") }
        let output = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        let process = Process()
        let command = inside(["\(programs)/roostd"] + daemonArguments)
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = Command.clean()
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let end = ProcessEnd()
        process.terminationHandler = { end.arrive($0) }
        // Foundation keeps a process that has a termination handler, and the file that it was given.
        defer { output.closeFile() }
        try process.run()
        daemon.withLock { $0 = (process.processIdentifier, end) }
    }

    /// Returns once roostd answers `/healthz` with 200; throws as soon as it has ended instead.
    func ready() async throws {
        try await eventually("roostd serves") {
            if daemon.withLock({ $0?.end.hasCome ?? true }) { throw Unexpected("roostd ended:\n\(logTail)") }
            return try await isHealthy()
        }
    }

    func isHealthy() async throws -> Bool {
        // A daemon that does not listen is not healthy.
        (try? await api("GET", MachineEndpoints.health.template, patience: .seconds(2)))?.status == 200
    }

    /// SIGKILL, as an operator's `kill -9`; returns when the process is gone.
    func killDaemon() async { await signalDaemon(SIGKILL) }

    /// Ends roostd as systemd does, and returns its exit status.
    @discardableResult
    func terminateDaemon() async -> Int32? { await signalDaemon(SIGTERM) }

    @discardableResult
    private func signalDaemon(_ signal: Int32) async -> Int32? {
        guard let (pid, end) = daemon.withLock({ $0 }) else { return nil }
        kill(pid, signal)
        let status = await end.status()
        daemon.withLock { $0 = nil }
        return status
    }

    /// The exit status of the roostd that was launched last.
    func daemonEnd() async -> Int32? { await daemon.withLock { $0?.end }?.status() }

    /// `roostd stop`: with `services` the router and the databases end as well.
    func stop(services: Bool, force: Bool = false) async throws -> Outcome {
        let command = inside(
            [Programs.roostd, "stop", "--home", home] + (services ? ["--services"] : []) + (force ? ["--force"] : []))
        let outcome = try await Command.run(command[0], Array(command.dropFirst()))
        if let end = daemon.withLock({ $0?.end }), outcome.status == 0 {
            _ = await end.status()
            daemon.withLock { $0 = nil }
        }
        return outcome
    }

    /// The last lines of roostd's log.
    var logTail: String {
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(40).joined(separator: "\n")
    }

    /// A command that runs where roostd runs: in the test's mount namespace, if it has one.
    func inside(_ command: [String], directory: String = "/") -> [String] {
        // Entering a namespace leads to its root folder.
        mounts.map { $0.enter + ["/usr/bin/env", "-C", directory] + command } ?? command
    }

    /// A path of the home, as this process can reach it.
    func reach(_ path: String) -> String { mounts?.outsideView(path) ?? path }

    // MARK: What runs

    var processes: [RunningProcess] {
        // The shell that holds the namespace may name the home as its mount point.
        ProcessTable.processes(of: home).filter { $0.pid != mounts?.holder }
    }
    var servers: [RunningProcess] { processes.filter { $0.program == "mariadbd" } }
    var router: RunningProcess? { processes.first { $0.program == "roost-router" } }
}

extension Roost {
    /// The folders of instances in the home, as `application/service.index`.
    var instanceFolders: [String] {
        let root = reach("\(home)/instances")
        let names = { (path: String) in
            // A folder that is not there holds no instance.
            ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        }
        return names(root).flatMap { application in
            names("\(root)/\(application)").map { "\(application)/\($0)" }
        }
    }
}
