import Foundation
import Glibc
import RoostEngines
import RoostHost
import RoostModel

/// The control group of a trial. It also contains the server's background processes, which have neither the server's
/// session nor its lock, so that all of them can be ended.
package struct TrialGroup: Sendable {
    private let groups: ControlGroups?
    private let name: String

    /// `work`: the folder of the build that is being added. Without `groups` the trial has no control group.
    package init(_ groups: ControlGroups?, work: String) {
        self.groups = groups
        name = "trial-" + (work as NSString).lastPathComponent
    }

    /// Nil if the machine has no control groups.
    func make() throws(HostError) -> ControlGroup? {
        guard let groups, groups.areAvailable else { return nil }
        return try groups.group(name)
    }
}

/// A temporary server of a build: initialised, started, opened, queried and stopped, through the same protocol as
/// every server and as an unprivileged user. A build that fails the trial is not installed.
package struct Trial: Sendable {
    /// The folders of a trial. By its lock and record, the next daemon knows which processes to end.
    package struct Folders: Sendable {
        let root: String
        var data: String { "\(root)/data" }
        var configuration: String { "\(root)/conf" }
        var logs: String { "\(root)/log" }
        var log: String { "\(logs)/server.log" }
        var lock: String { "\(root)/lock" }
        var record: String { "\(root)/process.json" }

        package init(root: String) { self.root = root }

        /// Ends the remains of a trial, also after the daemon died: all processes of its control group, and any other
        /// process that has its lock or belongs to its session.
        package func end(_ group: TrialGroup) async throws(HostError) {
            if let group = try group.make() {
                try await ServerRemains(lockFile: lock, recordFile: record, group: group).killAll()
                try group.remove()
            }
            // Without the lock file, no trial server was ever started.
            guard try Storage.look(at: root) != nil, try Storage.look(at: lock) != nil else { return }
            try await ServerRemains(lockFile: lock, recordFile: record, group: nil).killAll()
        }
    }

    let engine: any Engine
    let build: EngineBuild
    let folders: Folders
    /// The folder of the socket; its path must be short.
    let runFolder: String
    let port: PortNumber
    /// The user that runs the server; nil: the caller itself.
    let user: ServerUser?
    let group: TrialGroup

    private static let startDeadline = Duration.seconds(60)
    private static let stopDeadline = Duration.seconds(60)

    package init(
        engine: any Engine, build: EngineBuild, folders: Folders, runFolder: String, port: PortNumber,
        user: ServerUser?, group: TrialGroup
    ) {
        self.engine = engine
        self.build = build
        self.folders = folders
        self.runFolder = runFolder
        self.port = port
        self.user = user
        self.group = group
    }

    package func run() async throws(InstallError) {
        do throws(InstallError) {
            try await runServer()
        } catch {
            try await cleanUp()
            throw error
        }
        try await cleanUp()
    }

    private func runServer() async throws(InstallError) {
        let plan = try makePlan()
        let session = ServerSession(engine: engine, build: build, plan: plan, user: user)
        try makeFolders(session)
        try await proving("initialize a data directory") { () async throws(EngineError) in
            try await engine.initialise(directory: folders.data, build: build, user: user ?? ServerUsers.caller)
        }
        let process = try start(session)
        try await wait(until: .answering) {
            process.isRunning ? await engine.probe(plan.address) : nil
        } late: { _, reason in
            ("answer within \(Self.startDeadline)", reason ?? "no answer")
        }
        try await proving("accept writes") { () async throws(EngineError) in try await engine.open(plan) }
        // The process is not looked at: a server that ends now gives no answer.
        try await wait(until: .open) {
            await engine.probe(plan.address)
        } late: { last, _ in
            ("become healthy", "\(last ?? Health.unknown("it was not probed"))")
        }
        try await proving("set up its accounts") { () async throws(EngineError) in
            try await engine.applyAccounts(plan)
        }
        try await stop(process)
        guard engine.versionOfData(at: folders.data) != nil else {
            throw .notProven(
                step: "create its data directory", reason: "the data directory is not recognized", log: tail())
        }
    }

    // MARK: Steps

    private func start(_ session: ServerSession) throws(InstallError) -> ServerProcess {
        do throws(HostError) {
            for file in session.files(for: .start) { try file.write() }
            return try ServerLauncher.spawn(
                session.command(
                    logFile: folders.log, lockFile: folders.lock, recordFile: folders.record, group: try group.make()))
        } catch {
            if case .noSpace = error { throw InstallError(error) }
            throw .notProven(step: "start", reason: "\(error)", log: tail())
        }
    }

    /// `health`: nil once the process has ended. `late`: the failed step and its reason if the time is over, from the
    /// last probe's result and the last reason that a probe gave.
    private func wait(
        until goal: ServerWait.Goal, _ health: () async -> Health?,
        late: (_ last: Health?, _ reason: String?) -> (step: String, reason: String)
    ) async throws(InstallError) {
        switch await ServerWait(until: goal, patience: Self.startDeadline).run(health: health) {
        case .reached: return
        case .ended: throw .notProven(step: "start", reason: "it exited on its own", log: tail())
        case .timedOut(let last, let reason):
            let late = late(last, reason)
            throw .notProven(step: late.step, reason: late.reason, log: tail())
        case .cancelled: throw .cancelled
        }
    }

    private func stop(_ process: ServerProcess) async throws(InstallError) {
        do throws(HostError) { try process.signal(engine.stopSignal) } catch {
            throw .notProven(step: "keep running until it was stopped", reason: "\(error)", log: tail())
        }
        let status = await process.waitForExit(within: Self.stopDeadline)
        if Task.isCancelled { throw .cancelled }
        guard status != nil else {
            throw .notProven(step: "stop", reason: "it was still running after \(Self.stopDeadline)", log: tail())
        }
    }

    private func proving(
        _ step: String, _ work: () async throws(EngineError) -> Void
    ) async throws(InstallError) {
        do throws(EngineError) { try await work() } catch {
            if Task.isCancelled { throw .cancelled }
            // A full disk causes arbitrary errors of the engine, so it is checked here.
            let free = (try? Storage.freeSpace(at: folders.root)) ?? ByteCount.mebibytes(1024)
            if free < .mebibytes(8) { throw .noSpace(needed: nil, path: folders.root) }
            throw .notProven(step: step, reason: "\(error)", log: tail())
        }
    }

    // MARK: Around it

    private func makeFolders(_ session: ServerSession) throws(InstallError) {
        do throws(HostError) {
            try Storage.makeFolder(folders.root, mode: 0o711, owner: nil)
            try Storage.makeFolder(folders.data, mode: 0o700, owner: user)
            try session.makeFolders()
        } catch { throw InstallError(error) }
    }

    /// On success and on failure, the trial's processes and folders are removed.
    private func cleanUp() async throws(InstallError) {
        do throws(HostError) { try await folders.end(group) } catch { throw InstallError(error) }
        let trees = [runFolder, folders.root]
        try await OwnThread.run { () throws(InstallError) in
            do throws(HostError) {
                for tree in trees {
                    try Storage.removeTree(tree, within: (tree as NSString).deletingLastPathComponent)
                }
            } catch { throw InstallError(error) }
        }
    }

    private func tail() -> [String] {
        // If the log cannot be read, the reason alone has to suffice.
        ((try? LogFile.tail(folders.log, lines: 12)) ?? []).map { TreeRules.shown(Array($0.utf8)) }
    }

    private func makePlan() throws(InstallError) -> ServerPlan {
        let id = ServiceID(ApplicationName(checked: "trial"), ServiceName(checked: "data"))
        return ServerPlan(
            instance: InstanceID(id, 0), settings: ServiceSettings(memory: engine.family.defaultMemory),
            folders: ServerFolders(
                data: folders.data, configuration: folders.configuration, run: runFolder, logs: folders.logs),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 1, domainID: 1,
            applicationUser: engine.family.applicationUser, applicationPassword: Self.password(), previousPassword: nil,
            administrationPassword: Self.password(), databases: ["data"], certificate: nil)
    }

    /// A password for a server that lives for seconds and listens only on this machine's loopback address.
    private static func password() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).map { _ in letters[Int.random(in: letters.indices)] })
    }
}
